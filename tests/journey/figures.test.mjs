// A report: a number opens to its list, two people publish it by a case, a later correction stands beside it, and it is had as a document.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { households, Stage } from "./stage.mjs";

const village = "990100003205";
let stage;
let number;
before(async () => { stage = await Stage.open(); });
after(() => stage?.close());

/** The first figure of a page that has a number which opens and is not nothing. */
async function first(desk) {
  await desk.locator("[data-figure]").first().waitFor();
  return desk.locator("td [data-opens]").filter({ hasNotText: /^0$/ }).first();
}

test("a number opens to the records behind it", { timeout: 120_000 }, async () => {
  const desk = await stage.desk("district");
  await desk.goto(`${stage.base}/console/#/figures`);
  await (await first(desk)).click();
  const opened = desk.locator('[data-part="opened"]');
  await opened.locator("tbody tr").first().waitFor();
  await stage.isEasy(desk, "figures");
  // Up to another day: what was counted later is not there.
  await desk.locator('[data-do="on"]').fill("2017-12-31");
  await desk.getByText("2016-01-01 — 2017-12-31").waitFor();
  await desk.locator('[data-do="on"]').fill("");
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("two people publish the report by a case", { timeout: 120_000 }, async () => {
  const desk = await stage.desk("district");
  await desk.goto(`${stage.base}/console/#/figures`);
  const publish = desk.locator('[data-part="publish"]');
  await publish.locator("summary").click();
  await publish.locator("#publish-why").fill("五年盘点，向社会公布");
  await publish.locator('[data-do="publish"]').click();
  await desk.locator('[data-part="publication"]').waitFor();
  number = desk.url().split("/").at(-1);
  await desk.getByText("还没有定数").waitFor();
  await desk.locator("#step-note").fill("口径与上年相同");
  await desk.locator('[data-do="sign"]').click();
  await desk.locator('[data-part="publication"] .edition').waitFor();
  // Whoever fixed the figures does not review them.
  await desk.locator('[data-do="sign"]').click();
  await desk.locator(".refused").waitFor();
  const other = await stage.desk("district-b");
  await other.goto(`${stage.base}/console/#/${number}`);
  await other.locator('[data-part="publication"] .edition').waitFor();
  await stage.isEasy(other, "publication");
  await other.locator('[data-do="sign"]').click();
  await other.locator(".route .now", { hasText: "签发" }).waitFor();
  await desk.reload();
  await desk.locator('[data-do="sign"]').click();
  await desk.locator(".el-tag", { hasText: /办结|完成/ }).waitFor();
  await desk.goto(`${stage.base}/console/#/figures`);
  await desk.locator('[data-part="signed"]').waitFor();
  assert.match(await desk.locator('[data-part="signed"]').innerText(), /区级经办人员/);
  assert.deepEqual([desk.faults, other.faults], [[], []]);
  await desk.close();
  await other.close();
});

test("a correction stands beside what was signed, for staff and for everybody", { timeout: 120_000 }, async () => {
  const desk = await stage.desk(`v${village}`);
  const headers = { "content-type": "application/octet-stream", "idempotency-key": crypto.randomUUID() };
  const begun = await desk.request.post(`${stage.base}/api/register/imports?from=2020-12-01`, { data: Buffer.from(households(village)), headers });
  assert.equal(begun.status(), 200, await begun.text());
  const { import: name } = await begun.json();
  for (let over = false; !over; { over } = await (await desk.request.get(`${stage.base}/api/register/imports/${name}`)).json()) await desk.waitForTimeout(50);
  await desk.close();
  const district = await stage.desk("district");
  await district.goto(`${stage.base}/console/#/figures`);
  const corrected = district.locator("[data-figure]", { has: district.locator('[data-part="correction"]') });
  for (let tries = 0; (await corrected.count()) === 0; tries += 1) {
    assert.ok(tries < 20, "nothing was corrected");
    await district.waitForTimeout(500);
    await district.reload();
    await district.locator("[data-figure]").first().waitFor();
  }
  await stage.isEasy(district, "figures-corrected");
  const figure = await corrected.first().getAttribute("data-figure");
  const title = (await corrected.first().locator("td").first().innerText()).trim();
  await corrected.first().locator("[data-opens]").click();
  await district.locator('[data-part="opened"] tbody tr').first().waitFor();
  await district.locator('[data-part="opened"] [data-part="correction"]').waitFor();
  // The figures of now are a choice away.
  await district.locator('[data-do="edition"]').selectOption("now");
  await district.locator('[data-part="signed"]').waitFor({ state: "detached" });
  assert.equal(await corrected.count(), 0);
  assert.ok(figure && title);
  const phone = await stage.phone();
  await phone.goto(`${stage.base}/report/effectiveness`);
  await phone.locator(".signed", { hasText: number }).waitFor();
  await phone.locator("summary", { hasText: title }).locator(".correction").waitFor();
  await stage.isEasy(phone, "report", { phone: true });
  assert.deepEqual(district.faults, []);
  await district.close();
  await phone.close();
});

test("it is had as a document", { timeout: 60_000 }, async () => {
  const desk = await stage.desk("district");
  await desk.goto(`${stage.base}/console/#/figures`);
  await desk.locator('[data-part="signed"]').waitFor();
  const [download] = await Promise.all([desk.waitForEvent("download"), desk.locator('[data-do="docx"]').click()]);
  assert.equal(download.suggestedFilename(), "effectiveness.docx");
  assert.equal(readFileSync(await download.path()).subarray(0, 2).toString(), "PK");
  const phone = await stage.phone();
  const answer = await phone.request.get(`${stage.base}/report/effectiveness/docx?lang=en`);
  assert.match(answer.headers()["content-type"], /wordprocessingml/);
  await desk.close();
  await phone.close();
});
