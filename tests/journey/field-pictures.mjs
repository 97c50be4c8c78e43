// The pictures of the help page on field work: the list, a visit, what was sent, the phones in the console.
import { photo } from "./stage.mjs";

const LOGIN = "v990100001208";

/** Takes them in a language; `picture` keeps one by name. */
export async function fieldPictures(stage, lang, picture) {
  const locale = lang === "zh" ? "zh-CN" : "en";
  const context = await stage.browser.newContext({ locale, viewport: { width: 390, height: 780 } });
  await context.addCookies([{ name: "lang", value: lang, url: stage.base }]);
  const phone = await context.newPage();
  await phone.goto(`${stage.base}/field/`);
  await phone.locator("#login option").first().waitFor({ state: "attached" });
  await phone.locator("#login").selectOption(LOGIN);
  await phone.locator("#phone-name").fill(lang === "zh" ? "下乡手机" : "Field phone");
  await phone.locator('[data-do="enrol"]').click();
  await phone.locator("#pin").fill("24681357");
  await phone.locator("#pin-again").fill("24681357");
  await phone.locator('[data-do="seal"]').click();
  await phone.locator("[data-place]").first().waitFor();
  await context.setOffline(true);
  await phone.locator('[data-part="line"].off').waitFor();
  await picture(phone, lang, "field-day");
  await phone.locator('[data-place]:has(.tag)').first().locator("button").click();
  const form = phone.locator('[data-form="home-visit"]');
  await form.locator('[data-do="fill"]').click();
  await form.locator('input:not([type="file"]):not([type="radio"])').last().fill("粮食够吃，慢病药在吃");
  await form.locator('input[type="file"]').setInputFiles({ name: "a.png", mimeType: "image/png", buffer: await photo(phone, "水表") });
  await form.locator("figure").first().waitFor();
  await form.scrollIntoViewIfNeeded();
  await picture(phone, lang, "field-visit");
  await phone.locator('[data-do="hand-in"]').click();
  await phone.locator('[data-visit="queued"]').waitFor();
  await picture(phone, lang, "field-queue");
  await context.setOffline(false);
  await phone.locator('[data-visit="sent"]').waitFor();
  await context.close();
  const desk = await stage.desk("district", { locale, viewport: { width: 1200, height: 620 } });
  await desk.context().addCookies([{ name: "lang", value: lang, url: stage.base }]);
  await desk.goto(`${stage.base}/console/#/phones`);
  await desk.reload();
  await desk.locator("[data-phone]").first().waitFor();
  await picture(desk, lang, "field-phones");
  await desk.close();
}
