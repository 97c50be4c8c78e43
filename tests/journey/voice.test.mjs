// What people say: an officer tries a sentence, sees what was not understood, mends an intent and sees that nothing else moves.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { signed, Stage } from "./stage.mjs";

let stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage?.close());

const said = (text) => fetch(`${stage.base}/api/voice/match`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text }) }).then((answer) => answer.json());

test("a sentence is tried, a strange one is found among those not understood, and an intent learns it", { timeout: 120_000 }, async () => {
  // Somebody at the front door says what nobody thought of.
  assert.equal((await said("我叫欧阳亮，想让飞鸽传书送凭据")).intent, null);
  const desk = await stage.desk("district");
  await desk.goto(`${stage.base}/console/#/voice`);
  await desk.locator('[data-part="intents"] li').nth(10).waitFor();

  await desk.locator('[data-do="sentence"]').fill("我要代开专用发票");
  await desk.locator('[data-do="listen"]').click();
  await desk.locator('[data-part="heard"][data-intent="invoice_issue"] [data-next="act"]').waitFor();
  await desk.locator('[data-part="try"] > details summary').click();
  await desk.locator('[data-do="sample"]').first().click();
  await desk.locator('[data-part="heard"]:not([data-intent="invoice_issue"])').waitFor();
  assert.notEqual(await desk.locator('[data-part="heard"]').getAttribute("data-intent"), "", "a recording goes through the same matcher");

  const row = desk.locator('[data-part="unmatched"] tr', { hasText: "飞鸽传书" });
  assert.ok(!(await row.textContent()).includes("欧阳"), "names are taken out");

  await desk.locator('[data-intent="invoice_mail"] summary').click();
  await desk.locator('[data-intent="invoice_mail"] [data-do="edit"]').click();
  const text = desk.locator("#voice-text");
  await desk.waitForFunction(() => document.querySelector("#voice-text")?.value.includes("[[say]]"));
  const before = await text.inputValue();
  await text.fill(before.replace("sure = 97", "sure = 970"));
  await desk.locator('[data-do="check"]').click();
  await desk.locator('[data-part="trial"] li').waitFor();
  assert.match(await desk.locator('[data-part="trial"] li').textContent(), /voice\/invoice-mail\.toml:\d+ .*970/);

  await text.fill(before.replace("[[say]]", '[[say]]\nsure = 92\nall = ["飞鸽传书", "凭据|@invoice"]\n\n[[say]]'));
  await desk.locator("#voice-sentences").fill("想让飞鸽传书送凭据\n我要代开发票");
  await desk.locator('[data-do="check"]').click();
  await desk.locator('[data-part="trial"] tr [data-then="invoice_mail"]').waitFor();
  assert.equal(await desk.locator('[data-part="trial"] [data-then]').nth(1).getAttribute("data-then"), "invoice_issue");
  assert.equal(await desk.locator('[data-part="trial"] table').count(), 1, "no question of the catalog leads elsewhere");
  for (const [size, width] of [["desk", 1280], ["phone", 360]]) {
    await desk.setViewportSize({ width, height: 800 });
    await stage.isEasy(desk, `voice-${size}`, { lang: "zh" });
  }
  const [file] = await Promise.all([desk.waitForEvent("download"), desk.locator('[data-do="download"]').click()]);
  assert.equal(file.suggestedFilename(), "invoice-mail.toml");
  assert.match(readFileSync(await file.path(), "utf8"), /飞鸽传书/);

  // It becomes a case: two people sign, having seen what changes, and from then on it is understood.
  await desk.setViewportSize({ width: 1280, height: 800 });
  await desk.locator("#voice-why").fill("这里的人这么说");
  await desk.locator('[data-do="propose"]').click();
  const change = desk.locator('[data-part="catalog-change"]');
  await change.locator(".added", { hasText: "飞鸽传书" }).waitFor();
  await stage.isEasy(desk, "catalog-change", { lang: "zh" });
  const number = new URL(desk.url()).hash.slice(2);
  const understood = async () => (await (await desk.request.post(`${stage.base}/api/voice/match`, { data: { text: "想让飞鸽传书送凭据" } })).json()).intent?.name;
  assert.notEqual(await understood(), "invoice_mail");
  for (const login of ["district", "district-b"]) {
    const other = await stage.desk(login);
    await other.goto(`${stage.base}/console/#/${number}`);
    await other.locator('[data-part="catalog-change"] .added').first().waitFor();
    await signed(other);
    await other.close();
  }
  assert.equal(await understood(), "invoice_mail");
  assert.deepEqual(desk.faults, []);
});
