// The pictures of the day's list and of a family doctor's desk.
const village = "990100003205";

export async function dayPictures(stage, lang, picture) {
  const open = async (login, path, name, ready) => {
    const desk = await stage.desk(login);
    await desk.evaluate((lang) => { document.cookie = `lang=${lang}; Path=/; SameSite=Lax`; }, lang);
    await desk.goto(`${stage.base}/console/#${path}`);
    await desk.reload();
    await desk.locator(ready).first().waitFor();
    await desk.waitForLoadState("networkidle");
    await picture(desk, lang, name);
    return desk;
  };
  await (await open(`v${village}`, "/day", "day", ".stop")).close();
  // A team that has called on somebody: its list, and what was measured.
  for (let n = 1; n <= 24; n++) {
    const desk = await stage.desk(`doctor${n}`);
    const ask = async (path) => (await desk.request.get(`${stage.base}${path}`)).json();
    const { cases } = await ask("/api/cases?service=doctor-visit&limit=50");
    const person = cases.length ? (await ask(`/api/cases/${cases[0].number}`)).answers.person : 0;
    await desk.close();
    if (!person) continue;
    await (await open(`doctor${n}`, "/day", "doctor", ".stop")).close();
    await (await open(`doctor${n}`, `/trend/${person}`, "trend", "[data-line] svg")).close();
    return;
  }
}
