// `make pictures`: the pictures of the help pages and of the README, taken of the real screens, in both languages.
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { callPictures } from "./call-pictures.mjs";
import { editorPictures } from "./editor-pictures.mjs";
import { fieldPictures } from "./field-pictures.mjs";
import { figurePictures } from "./figure-pictures.mjs";
import { dayPictures } from "./day-pictures.mjs";
import { figuresPictures } from "./figures-pictures.mjs";
import { groundPictures } from "./ground-pictures.mjs";
import { citizen, households, photo, program, Stage } from "./stage.mjs";

const folder = (lang) => fileURLToPath(new URL(`../../docs/help/img/${lang}/`, import.meta.url));
const village = "990100003205";
const stage = await Stage.open({ browser: ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"] });

const people = [["尉迟敬", "15400000301"], ["欧阳石", "15400000302"], ["司徒梅", "15400000303"], ["上官青", "15400000304"], ["夏侯安", "15400000305"]];
const declared = [];
for (const [name, mobile] of people) declared.push(await stage.declared(village, { name, mobile }));

await stage.brought(`v${village}`, households(village));
const asking = await stage.phone();
const card = await (await stage.cardOf(asking, "15400000077")).getAttribute("href");
await asking.close();

const localeOf = (lang) => (lang === "zh" ? "zh-CN" : "en");
/** Only these are taken, where somebody names them: the others stay as they are. */
const only = process.env.ONLY?.split(",");
const picture = async (page, lang, name) => {
  if (only && !only.includes(name)) return;
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${folder(lang)}${name}.jpg`, type: "jpeg", quality: 78 });
};
const speaks = async (page, lang) => {
  await page.evaluate((lang) => { document.cookie = `lang=${lang}; Path=/; SameSite=Lax`; }, lang);
  await page.reload();
  await page.locator("main h1").waitFor();
  await page.waitForLoadState("networkidle");
};
const go = async (page, path) => {
  await page.goto(`${stage.base}/console/#${path}`);
  await page.locator("main h1").first().waitFor();
  await page.waitForLoadState("networkidle");
  await page.locator(".el-skeleton").first().waitFor({ state: "detached" });
  await page.waitForTimeout(300);
};

for (const lang of ["zh", "en"]) {
  mkdirSync(folder(lang), { recursive: true });
  const taken = (page, name) => picture(page, lang, name);
  const locale = localeOf(lang);

  await callPictures(stage, lang, picture);
  await fieldPictures(stage, lang, picture);
  await dayPictures(stage, lang, picture);
  await groundPictures(stage, lang, picture);
  await figuresPictures(stage, lang, picture);
  const phone = await stage.phone({ locale, viewport: { width: 390, height: 760 } });
  const field = (pointer) => phone.locator(`[name="${pointer}"]`);
  await phone.goto(`${stage.base}/?lang=${lang}`);
  await taken(phone, "front");
  await phone.goto(`${stage.base}/poster/travel-declaration/${village}?lang=${lang}`);
  await taken(phone, "poster");
  await phone.goto(`${stage.base}/r/travel-declaration?at=${village}&lang=${lang}`);
  await field("/name").fill("柳二");
  await field("/citizen_number").fill("37150219540307001X");
  await field("/mobile").fill("15400000306");
  await taken(phone, "form");
  await phone.goto(`${declared[0].receipt}&lang=${lang}`);
  await taken(phone, "receipt");
  await phone.goto(`${stage.base}/mine?lang=${lang}`);
  await taken(phone, "mine");
  const vehicle = { region: village, taxpayer: "示范商贸公司", taxpayer_number: "91990100MA00000001", name: "柳一", mobile: "15400000001", vin: "LZYZZZZZZZZ000001", kind: "ordinary", bought: "2021-01-20", price: "113000.00" };
  const tax = await (await fetch(`${stage.base}/api/cases/vehicle-tax`, { method: "POST", headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() }, body: JSON.stringify(vehicle) })).json();
  await phone.goto(`${stage.base}${tax.page.replace("?", "/pay?")}&lang=${lang}`);
  await phone.locator("main form button").first().click();
  await phone.locator("#wechat svg").waitFor();
  await taken(phone, "pay-codes");
  const payLink = await phone.locator("#wechat a.button").getAttribute("href");
  await phone.goto(payLink);
  await phone.locator("button").first().click();
  await phone.locator(".done").waitFor();
  await phone.goto(`${stage.base}${tax.page.replace("?", "/pay?")}&lang=${lang}`);
  await phone.locator(".paid").waitFor({ timeout: 20000 });
  await taken(phone, "pay-paid");
  await phone.goto(`${stage.base}/unit/travel-declaration?lang=${lang}`);
  await taken(phone, "unit");
  await phone.goto(`${stage.base}/r/residence-proof?lang=${lang}`);
  await taken(phone, "residence-proof");
  await phone.goto(`${stage.base}${card}&lang=${lang}`);
  await taken(phone, "card");
  await phone.close();

  const desk = await stage.desk(`v${village}`, { locale, viewport: { width: 1200, height: 720 } });
  const speak = (page) => speaks(page, lang);
  await speak(desk);
  await taken(desk, "worklist");
  for (const one of declared.slice(1, 4)) await desk.locator("tr", { hasText: one.number }).getByRole("checkbox").check();
  await desk.locator('[data-do="bulk"]').click();
  await desk.getByRole("dialog").locator('input[type="radio"]').last().check();
  await desk.locator('[data-do="preview"]').click();
  await desk.getByRole("dialog").locator("table tr").nth(2).waitFor();
  await taken(desk, "bulk");
  await go(desk, `/${declared[0].number}`);
  await taken(desk, "case");
  if (lang === "zh") {
    await desk.locator('input[data-paper="test-report"]').setInputFiles({ name: "报告.png", mimeType: "image/png", buffer: await photo(desk) });
    await desk.locator('[data-part="papers"] img').waitFor();
  }
  await desk.locator('[data-part="papers"]').scrollIntoViewIfNeeded();
  await desk.waitForTimeout(3500);
  await taken(desk, "papers");
  await go(desk, "/");
  await desk.getByRole("search").getByRole("textbox").fill("ycj");
  await desk.keyboard.press("Enter");
  await desk.locator('[data-part="found"] table').waitFor();
  await desk.waitForTimeout(300);
  await taken(desk, "found");
  await go(desk, "/account");
  await taken(desk, "account");
  const guard = await stage.desk("security", { locale });
  await guard.evaluate((lang) => { document.cookie = `lang=${lang}; Path=/; SameSite=Lax`; }, lang);
  await go(guard, "/staff");
  await guard.reload();
  await guard.locator("[data-account]").first().waitFor();
  await guard.locator('[data-part="open-account"] summary').click();
  await taken(guard, "staff");
  await guard.close();
  await go(desk, "/import");
  const rows = households(village, { name: "东方", letter: "K", order: 1 });
  await desk.setInputFiles("#import-file", { name: "rows.csv", mimeType: "text/csv", buffer: Buffer.from(rows) });
  await desk.locator('[data-do="import"]').click();
  await desk.locator('[data-part="outcome"][data-over="true"]').waitFor();
  await taken(desk, "import");
  // A household with something of every kind, and what may be recorded of it.
  const { rows: gaps } = await (await desk.request.get(`${stage.base}/api/gaps?limit=200`)).json();
  await go(desk, `/household/${gaps.find((row) => row.household).household}`);
  await taken(desk, "household");
  await desk.locator('[data-do="change"]').click();
  await taken(desk, "changes");
  await desk.close();

  // A village where somebody is at home today.
  const other = await stage.desk("v990100001201", { locale, viewport: { width: 1200, height: 480 } });
  await speak(other);
  await go(other, "/reports");
  await other.locator("input[data-temperature]").first().fill("365");
  await taken(other, "reports");
  await other.close();

  // The remote desk: a packet and its parcel, a company that is open, an answer.
  const remote = await stage.desk("desk", { locale, viewport: { width: 1200, height: 720 } });
  await speak(remote);
  const post = async (who, path, data) => (await who.request.post(`${stage.base}${path}`, { data, headers: { "idempotency-key": crypto.randomUUID() } })).json();
  const signed = async (who, number, answers = {}) => {
    const { version } = await (await who.request.get(`${stage.base}/api/cases/${number}`)).json();
    await post(who, `/api/cases/${number}/steps`, { verb: "sign", version, answers });
  };
  const attached = async (number, paper) => {
    const bytes = await photo(remote, paper);
    const begun = await remote.request.post(`${stage.base}/api/uploads`, { headers: { "upload-length": String(bytes.length) } });
    const address = begun.headers().location;
    await remote.request.patch(`${stage.base}${address}`, { headers: { "upload-offset": "0", "content-type": "application/offset+octet-stream" }, data: bytes });
    await post(remote, `/api/cases/${number}/papers/${paper}`, { upload: address.split("/").pop() });
  };
  const number = lang === "zh" ? "91990100MA00000001" : "91990100MA00000002";
  const mobile = lang === "zh" ? "15400000312" : "15400000313";
  const asked = { region: "990100001201", taxpayer: "示范商贸公司", taxpayer_number: number, name: "柳三丰", mobile };
  const { number: matter } = await post(remote, "/api/cases/invoice-receive", { ...asked, kind: "ordinary", count: 25, delivery: "mail", address: "示范县前街3号" });
  await attached(matter, "identity");
  for (const answers of [{}, { count: 25 }, { by: "mail" }]) await signed(remote, matter, answers);
  await remote.waitForTimeout(4000);
  await go(remote, `/${matter}`);
  await remote.locator('[data-part="delivery"]').evaluate((element) => scrollTo(0, element.getBoundingClientRect().top + scrollY - 320));
  await taken(remote, "delivery");
  await go(remote, "/parcels");
  await taken(remote, "parcels");
  const { number: handler } = await post(remote, "/api/cases/company-handler", { ...asked, from: "2021-01-20", until: "2021-12-31" });
  for (const paper of ["licence", "letter", "identity"]) await attached(handler, paper);
  await signed(remote, handler, { from: "2021-01-20", until: "2021-12-31" });
  const approving = await stage.desk("district");
  await signed(approving, handler);
  await approving.close();
  await post(remote, "/api/companies/code", { taxpayer_number: number, mobile });
  const messages = await (await remote.request.get(`${stage.base}/api/demo/outbox`)).json();
  const code = messages.find((one) => one.to === mobile && /正在核验/.test(one.text)).text.match(/\d{6}/)[0];
  await post(remote, "/api/companies", { taxpayer_number: number, mobile, code });
  await go(remote, "/companies");
  await taken(remote, "companies");
  await go(remote, "/knowledge");
  await remote.locator('[data-do="sentence"]').fill("我要领用空白发票");
  await remote.locator('[data-do="ask"]').click();
  await remote.locator('[data-part="found"]').waitFor();
  await taken(remote, "knowledge");
  await remote.close();

  const district = await stage.desk("district", { locale, viewport: { width: 1200, height: 720 } });
  await speak(district);
  await go(district, "/overview");
  await taken(district, "overview");
  await go(district, "/cases?state=overdue");
  await taken(district, "cases");
  await go(district, "/catalog");
  await district.getByRole("tab").nth(1).click();
  await district.waitForTimeout(300);
  await taken(district, "catalog");
  await editorPictures(district, lang, taken);
  await figurePictures(district, lang, taken);
  await go(district, "/board");
  await taken(district, "board");
  await go(district, "/gaps");
  await taken(district, "gaps");
  await go(district, "/rules");
  await taken(district, "rules");
  await go(district, "/slider?parameter=elder-allowance-age");
  await district.locator('[data-do="value"]').fill("65");
  await district.locator('[data-how="enters"]').waitFor();
  await district.waitForTimeout(1000);
  await taken(district, "slider");
  await go(district, "/quality");
  await taken(district, "quality");
  await go(district, "/projects");
  await taken(district, "projects");
  await go(district, "/assets");
  await taken(district, "assets");
  const { rows: assets } = await (await district.request.get(`${stage.base}/api/assets`)).json();
  const earning = assets.find((row) => row.received !== "0.00");
  await go(district, `/assets/${earning.subject}`);
  await taken(district, "asset");
  await go(district, "/new?service=asset-contract");
  await district.locator("main input[role=combobox]").first().fill("葡萄");
  await district.locator('[data-subject]').first().waitFor();
  await district.waitForTimeout(800);
  await taken(district, "pick");
  const unusual = await (await district.request.get(`${stage.base}/api/money/unusual`)).json();
  await go(district, `/money/transfers/${unusual[0].transfers[0].n}`);
  await taken(district, "transfer");
  const signs = await stage.browser.newPage({ locale, viewport: { width: 900, height: 720 }, storageState: await district.context().storageState() });
  await signs.goto(`${stage.base}/poster/asset/${earning.subject}?of=sign&lang=${lang}`);
  await taken(signs, "signs");
  await signs.close();
  const books = { region: "990100003000", count: 1, planned: "200000.00", granted: "190000.00", spent: "0.00" };
  const begun = await district.request.post(`${stage.base}/api/cases/opening-projects`, { data: books, headers: { "idempotency-key": crypto.randomUUID() } });
  const keeper = await stage.desk("t990100003000", { locale, viewport: { width: 1200, height: 720 } });
  await speak(keeper);
  await go(keeper, `/${(await begun.json()).number}`);
  await keeper.setInputFiles("#opening-file", { name: "projects.csv", mimeType: "text/csv", buffer: Buffer.from("所在村,项目名称,产业类别,年度,计划投资,已拨付\n990100003205,蔬菜交易棚,加工,2017,200000,180000\n") });
  await keeper.locator('[data-do="check-opening"]').click();
  await keeper.locator('[data-part="told"]').waitFor();
  await keeper.locator('[data-part="opening"]').evaluate((element) => scrollTo(0, element.getBoundingClientRect().top + scrollY - 70));
  await taken(keeper, "opening");
  await keeper.close();
  await go(district, "/plans");
  await district.locator("#risk-source").fill(lang === "zh" ? "省疾控中心通告" : "Provincial notice");
  await district.locator("#risk-areas").fill("石家庄市藁城区 高\n石家庄市裕华区 中");
  await district.locator('[data-do="preview"]').click();
  await district.locator('[data-part="touched"]').waitFor();
  await taken(district, "plans");
  await go(district, "/voice");
  await district.locator('[data-do="sentence"]').fill("我要交车辆购制税");
  await district.locator('[data-do="listen"]').click();
  await district.locator('[data-part="heard"]').waitFor();
  await taken(district, "voice");
  const simulator = spawn(program, ["simulate", "terminals", "--count", "12", "--server", stage.base, "--seed", "3"], { stdio: "ignore" });
  await go(district, "/devices");
  await district.locator('[data-state="good"]').nth(8).waitFor({ timeout: 30_000 });
  await district.waitForTimeout(600);
  await taken(district, "devices");
  await go(district, "/behaviour");
  await district.locator('[data-part="difficulties"] [data-step]').first().waitFor();
  await taken(district, "behaviour");
  simulator.kill("SIGINT");
  const work = await stage.browser.newPage({ viewport: { width: 900, height: 1000 }, locale });
  await work.goto(`${stage.base}/kiosk`);
  await work.locator('[data-do="enrol-demo"]').click();
  await work.locator("[data-module]").first().waitFor();
  if (lang === "en") await work.locator('[data-do="lang"]').click();
  await work.waitForTimeout(600);
  await taken(work, "kiosk");
  await work.locator('[data-module="vehicle-tax"]').click();
  await work.locator('[data-do="begin"]').click();
  if (await work.locator("[data-town]").count()) await work.locator("[data-town]").first().click();
  await work.locator("[data-village]").first().click();
  await taken(work, "kiosk-question");
  await work.close();
  await go(district, `/${tax.number}`);
  await district.locator('[data-part="payment"] [data-order]').waitFor();
  await taken(district, "pay-case");
  await go(district, "/takings");
  await district.locator('[data-part="days"] [data-channel="wechat"] a').first().click();
  await district.locator("[data-entry]").first().waitFor();
  await taken(district, "takings");
  await go(district, "/posters");
  await taken(district, "posters");
  await go(district, "/lists");
  await district.locator("#list-supplier").fill(lang === "zh" ? "示范火车站" : "Demonstration Station");
  await district.locator("#list-basis").fill(lang === "zh" ? "第 3 号函" : "Letter No. 3");
  const list = "姓名,手机,出生日期,目的地\n欧阳石,15400000302,,\n司徒小梅,15400000303,,\n夏侯远,15400000399,,柳湾村\n";
  await district.setInputFiles("#list-file", { name: "list.csv", mimeType: "text/csv", buffer: Buffer.from(list + (lang === "zh" ? "" : " \n")) });
  await district.locator('[data-do="bring"]').click();
  await district.locator('[data-part="list"] table').waitFor();
  await district.waitForTimeout(3500);
  await taken(district, "lists");
  await district.close();

  const auditor = await stage.desk("auditor", { locale, viewport: { width: 1200, height: 720 } });
  await speak(auditor);
  await go(auditor, "/journal");
  await taken(auditor, "journal");
  await auditor.close();
}

// Money last: its batches stand on notice for days, and the clock moves. One township pays in each language.
const batches = { zh: { township: "990100003000", adjusts: "补发上月少发的" }, en: { township: "990100001000", adjusts: "Arrears of last month" } };
const open = async (login, lang) => {
  const desk = await stage.desk(login, { locale: localeOf(lang), viewport: { width: 1200, height: 720 } });
  await speaks(desk, lang);
  return desk;
};
const top = (page, part) => page.locator(`[data-part="${part}"]`).evaluate((element) => scrollTo(0, element.getBoundingClientRect().top + scrollY - 70));
const sign = async (page) => {
  await page.locator('[data-do="sign"]').click();
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(500);
};
for (const [lang, batch] of Object.entries(batches)) {
  const desk = await open(`t${batch.township}`, lang);
  const form = { region: batch.township, programme: "elder-allowance", period: "2021-01" };
  const headers = { "idempotency-key": crypto.randomUUID() };
  const opened = await desk.request.post(`${stage.base}/api/cases/programme-batch`, { data: form, headers });
  batch.number = (await opened.json()).number;
  await go(desk, `/${batch.number}`);
  const row = desk.locator("[data-line]").nth(1);
  batch.household = (await row.locator("a").getAttribute("href")).replace("#", "");
  await desk.locator('[data-do="why"]').first().click();
  await row.locator('[data-do="adjust"]').click();
  await desk.locator("[data-editor] input").first().fill("80");
  await desk.locator("[data-editor] input").last().fill(batch.adjusts);
  await top(desk, "lines");
  await picture(desk, lang, "batch");
  await desk.locator('[data-do="take"]').click();
  await desk.waitForTimeout(600);
  await sign(desk);
  await desk.close();
}
for (let day = 0; day < 4; day += 1) await fetch(`${stage.base}/api/demo/next-day`, { method: "POST" });
for (const [lang, batch] of Object.entries(batches)) {
  const desk = await open("district", lang);
  await go(desk, `/${batch.number}`);
  await sign(desk);
  const rows = async () => (await (await desk.request.get(`${stage.base}/api/cases/${batch.number}/bank-file.csv`)).text()).trim().split("\r\n").slice(1).map((row) => row.split(","));
  const bring = async (answer) => {
    await desk.setInputFiles("#bank-reply", { name: "answer.csv", mimeType: "text/csv", buffer: Buffer.from(["流水号,结果,失败原因", ...answer].join("\n")) });
    await desk.locator('[data-do="bring-reply"]').click();
    await desk.locator('[data-part="reply"]').waitFor();
    await desk.waitForLoadState("networkidle");
  };
  // Whoever has no account cannot be paid, and something is still under way.
  const waiting = await rows();
  await bring(waiting.slice(0, -20).map(([n, , , account]) => (account ? `${n},成功,` : `${n},失败,没有账号`)));
  await desk.waitForTimeout(3500);
  await top(desk, "lines");
  await picture(desk, lang, "bank");
  await go(desk, batch.household);
  await desk.locator('[data-part="received"]').scrollIntoViewIfNeeded();
  await desk.locator('[data-part="received"] a').first().click();
  await desk.locator("[data-transfer]").first().waitFor();
  await desk.waitForTimeout(300);
  await picture(desk, lang, "statement");
  await go(desk, "/money");
  await picture(desk, lang, "money");
  await desk.close();
}

// Somebody is admitted and their bill settled; one of the household in each language.
for (const [lang, born] of [["zh", "19630307001"], ["en", "19650307002"]]) {
  const desk = await open("hospital", lang);
  await go(desk, "/hospital");
  await desk.locator("#card").fill(citizen(`990100${born}`));
  await desk.locator('[data-do="look"]').click();
  await desk.locator('[data-do="agreement"]').check();
  await picture(desk, lang, "hospital");
  await desk.locator('[data-do="admit"]').click();
  await desk.locator("#total").fill("20000");
  await desk.locator("#own_pay").fill("1000");
  await desk.locator("#first_pay").fill("500");
  await desk.locator('[data-do="preview"]').click();
  await desk.locator('[data-part="would"] table').waitFor();
  await desk.locator('[data-do="settle"]').click();
  await desk.locator('[data-part="slip"] table').waitFor();
  await desk.waitForTimeout(3500);
  await picture(desk, lang, "slip");
  await desk.close();
  const district = await open("district", lang);
  await go(district, "/settlements");
  await district.locator("[data-statement] button").first().click();
  await district.locator('[data-part="detail"] table').waitFor();
  await picture(district, lang, "settlements");
  await district.close();
}

await stage.close();
