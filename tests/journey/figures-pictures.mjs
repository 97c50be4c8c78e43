// The pictures of a report: a number opened, what was signed beside what it is now, the page for everybody, and the wall.
import { households } from "./stage.mjs";

const village = "990100003205";
let published;

/** Has the report published by two people and one household corrected, once. */
async function publish(stage) {
  if (published) return;
  published = true;
  const [one, other] = [await stage.desk("district"), await stage.desk("district-b")];
  const key = () => ({ "content-type": "application/json", "idempotency-key": crypto.randomUUID() });
  const form = { region: "990100000000", report: "effectiveness", why: "五年盘点，向社会公布" };
  const { number } = await (await one.request.post(`${stage.base}/api/cases/report-publish`, { data: form, headers: key() })).json();
  for (const desk of [one, other, one]) {
    const { version } = await (await desk.request.get(`${stage.base}/api/cases/${number}`)).json();
    const step = { verb: "sign", version, answers: desk === one ? {} : null };
    await desk.request.post(`${stage.base}/api/cases/${number}/steps`, { data: step, headers: key() });
  }
  await one.close();
  await other.close();
  // Two households that nobody had entered: what was signed stays, and a correction stands beside it.
  const clerk = await stage.desk(`v${village}`);
  const table = Buffer.from(households(village, { name: "宇文", letter: "K", order: 1 }));
  await clerk.request.post(`${stage.base}/api/register/imports?from=2020-12-01`, { data: table, headers: { ...key(), "content-type": "application/octet-stream" } });
  await clerk.waitForTimeout(5_000);
  await clerk.close();
}

/** Takes them. */
export async function figuresPictures(stage, lang, picture) {
  await publish(stage);
  const locale = lang === "zh" ? "zh-CN" : "en";
  const desk = await stage.desk("district", { locale });
  await desk.evaluate((lang) => { document.cookie = `lang=${lang}; Path=/; SameSite=Lax`; }, lang);
  await desk.goto(`${stage.base}/console/#/figures`);
  await desk.reload();
  await desk.locator('[data-part="signed"]').waitFor();
  await picture(desk, lang, "figures");
  await desk.locator('td [data-opens]').filter({ hasNotText: /^0$/ }).nth(2).click();
  await desk.locator('[data-part="opened"] tbody tr').first().waitFor();
  await desk.locator('[data-part="opened"]').scrollIntoViewIfNeeded();
  await desk.waitForTimeout(1500);
  await picture(desk, lang, "figures-open");
  await desk.close();
  const phone = await stage.phone({ locale, viewport: { width: 390, height: 760 } });
  await phone.goto(`${stage.base}/report/effectiveness?lang=${lang}`);
  await picture(phone, lang, "report");
  await phone.close();
  const wall = await stage.desk("district", { locale, viewport: { width: 1600, height: 900 } });
  await wall.evaluate((lang) => { document.cookie = `lang=${lang}; Path=/; SameSite=Lax`; }, lang);
  await wall.goto(`${stage.base}/console/#/wall`);
  await wall.reload();
  await wall.locator('[data-number="open"]').waitFor();
  await wall.waitForLoadState("networkidle");
  await picture(wall, lang, "wall");
  await wall.close();
}
