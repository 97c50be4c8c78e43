// The hospital's desk: somebody is admitted without deposit, the bill is pre-settled and settled, the slip is printed on A5, it
// is cancelled and settled anew, and paid in parts; the payers' statements hold it.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { citizen, households, Stage } from "./stage.mjs";

const village = "990100003205";
const card = citizen("99010019630307001");
let stage;
/** The stay, for the tests after the first. */
let number;

before(async () => {
  stage = await Stage.open();
  await stage.brought(`v${village}`, households(village).replace(/[^\n]*\?[^\n]*\n?/, "").trim());
});
after(() => stage?.close());

const go = async (desk, path) => {
  await desk.goto(`${stage.base}/console/#${path}`);
  await desk.locator("main h1").first().waitFor();
  await desk.locator(".el-skeleton").first().waitFor({ state: "detached" });
};
const text = (desk, which) => desk.locator(`[data-part="slip"] [data-sum="${which}"]`).textContent();
/** The page as it is at a desk and on a phone. */
async function isEasy(desk, name) {
  for (const [size, width] of [["desk", 1280], ["phone", 360]]) {
    await desk.setViewportSize({ width, height: 800 });
    await stage.isEasy(desk, `${name}-${size}`);
  }
  await desk.setViewportSize({ width: 1280, height: 800 });
}
/** Fills a bill and pre-settles it. */
async function preSettle(desk, total) {
  await desk.locator("#total").fill(total);
  await desk.locator("#own_pay").fill("1000");
  await desk.locator("#first_pay").fill("500");
  await desk.locator('[data-do="preview"]').click();
  await desk.locator('[data-part="would"] table').waitFor();
}
const settle = async (desk) => {
  await desk.locator('[data-do="settle"]').click();
  await desk.locator('[data-part="slip"] table').waitFor();
};

test("admission, pre-settlement, settlement, the slip on A5", { timeout: 120_000 }, async () => {
  const desk = await stage.desk("hospital");
  await go(desk, "/hospital");
  await isEasy(desk, "hospital");
  // A wrong number says so; the right one shows whom it is, masked, and what they were that day.
  await desk.locator("#card").fill("990100196303070019");
  await desk.locator('[data-do="look"]').click();
  await desk.getByRole("alert").waitFor();
  await desk.locator("#card").fill(card);
  await desk.locator('[data-do="look"]').click();
  const patient = desk.locator('[data-part="patient"]');
  await patient.waitFor();
  assert.equal(await patient.locator('[data-fact="category"]').textContent(), "建档立卡贫困人口");
  const shown = await patient.textContent();
  assert.ok(!shown.includes(card) && !shown.includes("令狐一") && shown.includes("令**"), shown);
  assert.equal(await desk.locator('[data-do="admit"]').isDisabled(), true, "the agreement comes first");
  await desk.locator('[data-do="agreement"]').check();
  await isEasy(desk, "hospital-patient");
  await desk.locator('[data-do="admit"]').click();
  await desk.locator('[data-part="stay"][data-step="treat"]').waitFor();
  number = new URL(desk.url()).hash.split("/").at(-1);
  assert.match(number, /^ZY-\d{8}-\d{6}$/);

  await preSettle(desk, "20000");
  assert.equal(await desk.locator('[data-part="would"] [data-sum="personal"]').textContent(), "1,787.01");
  // What is settled is what was seen: another total asks for another look.
  await desk.locator("#total").fill("21000");
  await desk.getByText("费用已改，请重新预结算").waitFor();
  assert.equal(await desk.locator('[data-do="settle"]').isDisabled(), true);
  await preSettle(desk, "20000");
  await isEasy(desk, "hospital-would");
  await settle(desk);
  assert.deepEqual([await text(desk, "total"), await text(desk, "funds"), await text(desk, "personal")], ["20,000.00", "18,212.99", "1,787.01"]);
  assert.equal(await text(desk, "words"), "壹仟柒佰捌拾柒元零壹分");
  assert.equal(await desk.locator('[data-part="slip"] [data-layer]').count(), 6);
  await isEasy(desk, "hospital-slip");

  // One sheet of A5: the slip and the places to sign, nothing else.
  await desk.emulateMedia({ media: "print" });
  const sheet = await desk.pdf({ preferCSSPageSize: true });
  const paper = sheet.toString("latin1");
  writeFileSync(new URL("out/slip.pdf", import.meta.url), sheet);
  const [, width, height] = /\/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/.exec(paper);
  assert.ok(Math.abs(width - 420) < 3 && Math.abs(height - 595) < 3, `${width} × ${height} points are A5`);
  assert.equal((paper.match(/\/Type\s*\/Page\b/g) ?? []).length, 1, "one page");
  assert.equal(await desk.getByText("患者（家属）签字").isVisible(), true);
  assert.equal(await desk.locator('[data-part="cancel"]').isVisible(), false);
  await desk.emulateMedia({ media: "screen" });
  await go(desk, "/hospital");
  const other = /\/MediaBox\s*\[0 0 ([\d.]+)/.exec((await desk.pdf({ preferCSSPageSize: true })).toString("latin1"));
  assert.ok(Number(other[1]) > 500, `${other[1]}: only the slip is small`);
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("cancelled, settled anew, paid in parts, closed; health stays at the desk", { timeout: 120_000 }, async () => {
  const desk = await stage.desk("hospital");
  await go(desk, `/stay/${number}`);
  await desk.locator("#cancel-why").fill("费用漏录");
  await desk.locator('[data-do="cancel"]').click();
  await desk.locator('[data-part="stay"][data-step="treat"]').waitFor();
  assert.equal(await desk.locator('[data-part="slip"]').count(), 0);
  await preSettle(desk, "20000");
  await settle(desk);
  assert.equal(await text(desk, "personal"), "1,787.01", "as if it had not been");

  const share = desk.locator('[data-part="share"]');
  const due = (amount) => share.locator('[data-sum="due"] strong', { hasText: amount }).waitFor();
  await due("1,787.01");
  await desk.locator("#pay-amount").fill("9999");
  await desk.locator('[data-do="pay"]').click();
  await desk.getByRole("alert").getByText("与待付的 1787.01 不符").waitFor();
  await desk.locator("#pay-amount").fill("787.01");
  await desk.locator('[data-do="pay"]').click();
  await due("1,000.00");
  await desk.locator("#due-first").fill("2021-03-01");
  await desk.locator("#due-last").fill("2021-04-01");
  await desk.locator('[data-do="split"]').click();
  await share.getByText("2 期").waitFor();
  await isEasy(desk, "hospital-share");
  await desk.locator("#pay-amount").fill("1000");
  await desk.locator('[data-do="pay"]').click();
  await due("0.00");

  await desk.locator("#diagnosis").fill("慢性支气管炎");
  await desk.locator("#summary-text").fill("好转出院，按时复诊");
  await desk.locator('[data-do="save-summary"]').click();
  await desk.locator('[data-do="show-summary"]').click();
  await desk.locator('[data-fact="diagnosis"]', { hasText: "慢性支气管炎" }).waitFor();
  await isEasy(desk, "hospital-summary");
  await desk.locator('[data-do="close"]').click();
  await desk.locator('[data-part="stay"][data-state="completed"]').waitFor();
  assert.deepEqual(desk.faults, []);
  await desk.close();

  const officer = await stage.desk("district");
  await go(officer, `/stay/${number}`);
  await officer.locator('[data-part="slip"] table').waitFor();
  assert.equal(await officer.locator('[data-part="summary"], [data-part="cancel"]').count(), 0);
  await officer.close();
});

test("the payers' statements hold it, and a payer's own list", { timeout: 120_000 }, async () => {
  const desk = await stage.desk("district");
  await go(desk, "/settlements?month=2021-02");
  const rows = desk.locator("[data-statement]");
  await rows.first().waitFor();
  assert.ok((await rows.count()) >= 4, `${await rows.count()} statements`);
  await rows.filter({ hasText: "居民医保基金" }).filter({ hasText: "人民医院" }).getByRole("button").click();
  const detail = desk.locator('[data-part="detail"]');
  await detail.locator(`[data-line="${number}"]`).waitFor();
  await isEasy(desk, "settlements");
  const file = { name: "对账.csv", mimeType: "text/csv", buffer: Buffer.from(`结算单号,金额\n${number},12600.00\nZY-20200101-000001,1.00\n`) };
  await desk.setInputFiles("#payers-list", file);
  await desk.locator('[data-do="reconcile"]').click();
  const came = desk.locator('[data-part="came"]');
  await came.getByText("一致，已付").waitFor();
  assert.match(await came.textContent(), /^1 一致，已付 · 12,600\.00/);
  await detail.locator(`[data-line="${number}"]`, { hasText: "12,600.00" }).waitFor();
  assert.deepEqual(desk.faults, []);
  await desk.close();
});
