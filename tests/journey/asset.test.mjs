// Projects, assets and the tracing of money, as officers and auditors walk through them: a subject is chosen by name, an asset is
// seen as of any day and opened to its case, what is unusual opens its transfer and this its case, and the books of before
// come in by a table.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { households, Stage } from "./stage.mjs";

let stage;

before(async () => {
  stage = await Stage.open();
});
after(() => stage?.close());

/** A page of the console, read and drawn. */
const go = async (desk, path) => {
  await desk.goto(`${stage.base}/console/#${path}`);
  await desk.locator("main h1").first().waitFor();
  await desk.waitForLoadState("networkidle");
  await desk.locator(".el-skeleton").first().waitFor({ state: "detached" });
};
/** The page as it is at a desk and on a phone. */
async function isEasy(desk, name, lang) {
  for (const [size, width] of [["desk", 1366], ["phone", 390]]) {
    await desk.setViewportSize({ width, height: 800 });
    await stage.isEasy(desk, `${name}-${size}`, { lang });
  }
  await desk.setViewportSize({ width: 1366, height: 800 });
}
const read = async (desk, path) => (await desk.request.get(`${stage.base}${path}`)).json();

test("an asset is chosen by its name, with the keyboard, and the case says whom it is about", { timeout: 90_000 }, async () => {
  const desk = await stage.desk("district");
  const { rows } = await read(desk, "/api/assets");
  const asset = rows.find((row) => row.rights.every((right) => right.kind !== "supervision"));
  assert.ok(asset, "an asset without a supervisor");
  await go(desk, "/assets");
  const row = desk.locator(`[data-asset="${asset.subject}"]`);
  await row.locator('[data-rule="asset-supervised"] a').click();
  // The asset is brought along; who supervises is looked for.
  await desk.locator(`main form [data-chosen="${asset.subject}"]`).waitFor();
  await desk.locator(`main form [data-chosen="${asset.subject}"]`, { hasText: asset.name }).waitFor();
  await desk.locator('main input[type="radio"][value="supervision"]').check();
  const holder = desk.locator("main form input[role=combobox]").nth(1);
  await holder.fill("nyncbgs");
  const options = desk.getByRole("option");
  await options.filter({ hasText: "农业农村办公室" }).first().waitFor();
  await isEasy(desk, "asset-pick");
  await holder.press("ArrowDown");
  if ((await desk.locator('[role="option"][aria-selected="true"]').count()) === 0) await holder.press("ArrowDown");
  const named = await desk.locator('[role="option"][aria-selected="true"] strong').textContent();
  await holder.press("Enter");
  await desk.locator("main form [data-chosen]", { hasText: named }).waitFor();
  await desk.getByLabel(/^份额/).fill("100");
  await desk.locator("main form").getByRole("button", { name: "提交" }).click();
  const number = await desk.locator('[data-part="receipt"] a.number').textContent();
  await go(desk, `/${number}`);
  const answers = desk.locator('[data-part="answers"]');
  await answers.getByRole("link", { name: named }).waitFor();
  await answers.getByRole("link", { name: asset.name }).click();
  await desk.locator('[data-part="asset"] h1', { hasText: asset.name }).waitFor();
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("whom a case is for is chosen by name, and the form knows their household", { timeout: 60_000 }, async () => {
  const village = "990100003205";
  await stage.brought(`v${village}`, households(village));
  const desk = await stage.desk(`v${village}`);
  await go(desk, "/new?service=member-leaves");
  const box = desk.locator('[data-part="whom"] input');
  await box.fill("令狐三");
  await desk.getByRole("option", { name: "令狐三" }).waitFor();
  await isEasy(desk, "whom");
  await box.press("Enter");
  await desk.locator('[data-part="about"]', { hasText: "令狐三" }).waitFor();
  assert.match(desk.url(), /household=\d+/);
  assert.ok(!decodeURIComponent(desk.url()).includes("令狐"), "no name stands in an address");
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("projects and assets are seen with what is late first, and an asset as of any day", { timeout: 90_000 }, async () => {
  const desk = await stage.desk("district");
  await go(desk, "/projects");
  const projects = await read(desk, "/api/projects");
  assert.equal(await desk.locator('[data-sum="projects"] strong').textContent(), String(projects.rows.length));
  const applied = desk.locator("[data-project]", { hasText: "食用菌大棚" });
  await applied.getByText("村民代表会议记录").waitFor();
  assert.match(await applied.textContent(), /1\/9.*晚 \d+ 天/s);
  await isEasy(desk, "projects");
  await desk.locator("[data-project] a", { hasText: "冷库" }).first().click();
  await desk.locator('[data-part="accounts"] [data-do="statement"]', { hasText: "350,000.00" }).click();
  await desk.locator("[data-transfer]", { hasText: "财政专户" }).waitFor();

  await go(desk, "/assets");
  await desk.locator("[data-asset]").first().waitFor();
  const { rows } = await read(desk, "/api/assets");
  assert.equal(await desk.locator("[data-asset]").count(), rows.length);
  await isEasy(desk, "assets");
  const paid = rows.find((row) => row.received !== "0.00");
  await desk.locator(`[data-asset="${paid.subject}"] a`).first().click();
  await desk.locator('[data-part="rights"] [data-right="operation"][data-force="true"]').waitFor();
  await isEasy(desk, "asset");
  await desk.locator('[data-do="on"]').fill("2015-01-01");
  await desk.locator('[data-do="on"]').dispatchEvent("change");
  await desk.locator('[data-part="rights"] [data-force="false"]').first().waitFor();
  assert.equal(await desk.locator('[data-part="rights"] [data-force="true"]').count(), 0, "nobody had a right to it then");
  const link = await desk.locator('[data-do="public"]').getAttribute("href");
  await go(desk, "/assets?by=book");
  await desk.locator("[data-book]").first().waitFor();
  await isEasy(desk, "books");
  const phone = await stage.phone();
  await phone.goto(`${stage.base}${link}`);
  await phone.getByRole("heading", { name: paid.name }).waitFor();
  await stage.isEasy(phone, "asset-public", { phone: true });
  await phone.close();
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("money is under way when a demonstration begins", { timeout: 60_000 }, async () => {
  const desk = await stage.desk("district");
  const of = async (service) => (await read(desk, `/api/cases?service=${service}&limit=50`)).cases;
  const [plan] = await of("income-distribution");
  assert.equal(plan.on_notice, true, "a distribution is on notice");
  const board = await (await fetch(`${stage.base}/notice/${plan.area}?lang=zh`)).text();
  assert.match(board, /还剩 \d+ 天/);
  const batches = await of("programme-batch");
  assert.deepEqual(batches.map((one) => one.step).sort(), ["propose", "settle"], "one waits at a township, one with the bank");
  const settling = batches.find((one) => one.step === "settle");
  const lines = await desk.request.post(`${stage.base}/api/cases/${settling.number}/lines`, { data: { adjust: [] }, headers: { "idempotency-key": crypto.randomUUID() } });
  assert.equal((await lines.json()).failed, 1, "one payment failed");
  const { rows } = await read(desk, "/api/assets");
  assert.ok(rows.some((row) => row.contract?.in_arrears), "a contract is in arrears");
  const trial = (await read(desk, "/api/money")).funds.map((fund) => fund.trial_balance);
  assert.ok(trial.length > 10 && trial.every((sum) => sum === "0.00"), "the books balance");
  await desk.close();
});

test("an auditor follows what is unusual to its transfer, its case and its source", { timeout: 90_000 }, async () => {
  const desk = await stage.desk("auditor");
  await desk.getByRole("navigation").getByRole("link", { name: "资金" }).click();
  await desk.locator('[data-do="unusual"]').click();
  const odd = desk.locator('[data-what="round"]').first();
  await odd.locator("[data-transfer]", { hasText: "500.00" }).waitFor();
  await isEasy(desk, "unusual");
  await odd.locator('[data-do="transfer"]').first().click();
  await desk.locator('[data-part="transfer"] h1', { hasText: "500.00" }).waitFor();
  assert.equal(await desk.locator('[data-part="signed"] [data-verb="sign"]').count(), 2, "the township and the district signed");
  await desk.locator('[data-part="figures"]').getByText("50.00").waitFor();
  await isEasy(desk, "transfer");
  const number = await desk.locator('[data-do="case"]').textContent();
  await desk.locator('[data-do="case"]').click();
  await desk.locator("h1", { hasText: number }).waitFor();
  await desk.goBack();
  await desk.locator('[data-do="from"]').click();
  await desk.locator("h1", { hasText: "财政专户" }).waitFor();
  await desk.locator("[data-onward]").first().waitFor();
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("projects of before come in by a table that agrees with the books", { timeout: 120_000 }, async () => {
  const desk = await stage.desk("t990100003000");
  await go(desk, "/money");
  await desk.locator('[data-do="opening-projects"]').click();
  const form = desk.locator("main form");
  await form.getByLabel(/^区域/).selectOption("990100003000");
  await form.getByLabel(/^项目个数/).fill("1");
  await form.getByLabel(/^计划投资合计/).fill("200000.00");
  await form.getByLabel(/^已拨付合计/).fill("190000.00");
  await form.getByLabel(/^已支出合计/).fill("0.00");
  await form.getByRole("button", { name: "提交" }).click();
  const link = desk.locator('[data-part="receipt"] a.number');
  const number = await link.textContent();
  await link.click();
  const part = desk.locator('[data-part="opening"]');
  const bring = async (rows) => {
    await desk.setInputFiles("#opening-file", { name: "项目.csv", mimeType: "text/csv", buffer: Buffer.from(`所在村,项目名称,产业类别,年度,计划投资,已拨付\n${rows}`) });
    await part.locator('[data-do="check-opening"]').click();
    await part.locator('[data-part="told"]').waitFor();
    await desk.waitForLoadState("networkidle");
  };
  await bring("990100003205,蔬菜交易棚,风力,2017,200000,190000\n");
  await part.getByText("C2 产业类别").waitFor();
  assert.equal(await part.locator('[data-do="sign-opening"]').count(), 0, "nothing of such a table is signed");
  await bring("990100003205,蔬菜交易棚,加工,2017,200000,180000\n");
  await part.locator('[data-part="told"][data-agrees="false"]').waitFor();
  assert.equal(await part.locator('[data-do="sign-opening"]').isDisabled(), true);
  await isEasy(desk, "opening");
  await bring("990100003205,蔬菜交易棚,加工,2017,200000,190000\n");
  await part.locator('[data-part="told"][data-agrees="true"]').waitFor();
  await part.locator('[data-do="sign-opening"]').click();
  await part.locator('[data-part="kept"]').getByText("蔬菜交易棚").waitFor();
  assert.deepEqual(desk.faults, []);
  await desk.close();

  const district = await stage.desk("district");
  await go(district, `/${number}`);
  await district.locator('[data-part="kept"]').getByText("蔬菜交易棚").waitFor();
  await district.locator('[data-do="sign"]').click();
  await district.locator("main").getByText("已办结").first().waitFor();
  await go(district, "/projects");
  const row = district.locator("[data-project]", { hasText: "蔬菜交易棚" });
  await row.getByText("190,000.00").waitFor();
  assert.deepEqual(district.faults, []);
  await district.close();
});

test("these pages speak both languages, in the light and in the dark", { timeout: 120_000 }, async () => {
  const desk = await stage.desk("district");
  const { rows } = await read(desk, "/api/assets");
  const [unusual] = await read(desk, "/api/money/unusual");
  const pages = { projects: "/projects", assets: "/assets", asset: `/assets/${rows[0].subject}`, unusual: "/money/unusual", transfer: `/money/transfers/${unusual.transfers[0].n}`, pick: "/new?service=asset-contract" };
  for (const [lang, dark] of [["zh", true], ["en", false], ["en", true]]) {
    await desk.evaluate(([lang, dark]) => {
      document.cookie = `lang=${lang}; Path=/; SameSite=Lax`;
      localStorage.setItem("theme", dark ? "dark" : "light");
    }, [lang, dark]);
    await desk.reload();
    for (const [name, path] of Object.entries(pages)) {
      await desk.setViewportSize(dark ? { width: 390, height: 800 } : { width: 1366, height: 800 });
      await go(desk, path);
      await stage.isEasy(desk, `${name}-${lang}-${dark ? "dark-phone" : "desk"}`, { lang });
    }
  }
  assert.deepEqual(desk.faults, []);
  await desk.close();
});
