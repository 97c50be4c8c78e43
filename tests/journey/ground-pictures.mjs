// The pictures of the civic ground: stations and supervision, the map of reports, a kitchen at its door.
const village = "990100001201";

export async function groundPictures(stage, lang, picture) {
  const desk = await stage.desk("district");
  const open = async (path, name, ready) => {
    await desk.evaluate((lang) => { document.cookie = `lang=${lang}; Path=/; SameSite=Lax`; }, lang);
    await desk.goto(`${stage.base}/console/#${path}`);
    await desk.reload();
    await desk.locator(ready).first().waitFor();
    await desk.waitForLoadState("networkidle");
    await desk.waitForTimeout(300);
    await picture(desk, lang, name);
  };
  await open("/ground", "ground", "main table");
  await open("/patrol", "patrol", "main svg");
  const [{ rows }] = await (await desk.request.get(`${stage.base}/api/campaigns`)).json();
  const worker = await stage.desk(`v${village}`);
  const stations = await (await worker.request.get(`${stage.base}/api/stations`)).json();
  await worker.close();
  const phone = await stage.phone({ viewport: { width: 390, height: 760 } });
  await phone.goto(`${stage.base}/k/${rows[0].subject}?lang=${lang}`);
  await picture(phone, lang, "kitchen");
  await phone.goto(`${stage.base}/s/${stations.rows[0].subject}?lang=${lang}`);
  await picture(phone, lang, "station");
  await phone.close();
  await desk.close();
}
