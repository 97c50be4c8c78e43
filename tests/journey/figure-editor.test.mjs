// A figure that nobody planned, made in the console: defined, wrong at first, counted beside its fields and opened, proposed, signed
// by two colleagues; then a report like any other, and an Excel file.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { program, signed, Stage } from "./stage.mjs";

let stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage?.close());

const ask = async (page, path) => (await page.request.get(`${stage.base}${path}`)).json();
const good = (desk) => desk.locator('[data-check="good"]').waitFor();
const sum = (desk) => desk.locator('[data-part="trial"][aria-busy="false"] .sum');

/** Signs what waits of a case, as a colleague. */
async function signedBy(login, number) {
  const desk = await stage.desk(login);
  await desk.goto(`${stage.base}/console/#/${number}`);
  await desk.locator('[data-part="catalog-change"] .added').first().waitFor();
  await signed(desk);
  await desk.close();
}

/** What a link brings down. */
async function brought(desk, link) {
  const coming = desk.waitForEvent("download");
  await link.click();
  return readFileSync(await (await coming).path());
}

test("a figure is made, counted, signed by two, opened and taken away as Excel", { timeout: 280_000 }, async () => {
  const desk = await stage.desk("district");
  await desk.goto(`${stage.base}/console/#/figures`);
  await desk.locator('[data-do="make"]').click();
  await desk.locator("#new-zh").fill("帮扶月报");
  await desk.locator("#new-en").fill("Help by month");
  await desk.locator("#new-name").fill("effectiveness");
  await desk.locator('[data-part="begin"] .fault').waitFor();
  await desk.locator("#new-name").fill("help-by-month");
  await stage.isEasy(desk, "figure-begin");
  await desk.locator('[data-do="begin"]').click();

  // It has no name yet, which is said where it is to be written; nothing is counted until that is put right.
  await desk.locator('[data-fault="/section.figure/0/title"]').waitFor();
  assert.match(await desk.locator('[data-fault="/section.figure/0/title"]').textContent(), /中文和英文都要填写。.*report\/help-by-month\.toml:\d+/);
  assert.equal(await sum(desk).count(), 0);
  await desk.locator("#f-title-zh").fill("在册老年人");
  await desk.locator("#f-title-en").fill("Old people on the register");
  await good(desk);
  await sum(desk).waitFor();

  // People of registered households, sixty or older: by rows, with the text beside them.
  await desk.locator("#f-kind").selectOption("person");
  const where = desk.locator('[data-condition="f-where"]');
  const row = (n) => where.locator(`[data-row="${n}"]`);
  await where.locator('[data-do="add-condition"]').click();
  await row(1).locator("select").first().selectOption("person.household.on_register");
  await where.locator('[data-do="add-condition"]').click();
  await row(2).locator("select").first().selectOption("person.age");
  await row(2).locator("input").fill("60");
  await row(2).locator("input").blur();
  assert.equal(await desk.locator("#f-where").inputValue(), "person.here && person.household.on_register && person.age >= 60");
  const counted = Number(await sum(desk).locator(".number").textContent());
  assert.ok(counted > 5, `${counted} people`);
  await stage.isEasy(desk, "figure-editor");

  // What the loader cannot read is told at the condition, in its own words too; put right, it is counted again.
  await desk.locator("#f-where").fill("person.here && person.household.on_registers");
  await desk.locator("#f-where").blur();
  const fault = desk.locator('[data-fault="/section.figure/0/where"]');
  await fault.waitFor();
  assert.match(await fault.textContent(), /没有的属性.*on_registers/);
  assert.ok(await desk.locator('[data-condition="f-where"]').getByText("请直接改原文").isVisible());
  await desk.locator("#f-where").fill("person.here && person.household.on_register && person.age >= 60");
  await desk.locator("#f-where").blur();
  await good(desk);
  await sum(desk).waitFor();

  // By village, opened to its records.
  await desk.locator('[data-part="trial"] [data-do="by"]').selectOption("village");
  await desk.locator("[data-cell]").nth(20).waitFor();
  await sum(desk).waitFor();
  const cells = await desk.locator("[data-cell] .number").allTextContents();
  assert.equal(cells.reduce((all, one) => all + (Number(one) || 0), 0), counted, "the villages add up");
  await desk.locator('[data-part="trial"] [data-do="open"]').click();
  await desk.locator('[data-part="behind"] tbody tr').first().waitFor();
  assert.equal(await desk.locator('[data-part="trial"] h3 .number').textContent(), String(counted));

  // Another figure, of money, and what it comes to a head.
  await desk.locator('[data-do="add-figure"]').click();
  await desk.locator('[data-figure="A2"]').waitFor();
  await desk.locator("#f-title-zh").fill("已发低保金");
  await desk.locator("#f-title-en").fill("Allowance paid");
  await desk.locator("#f-counts").selectOption("transfers");
  await desk.locator('[data-fault="/section.figure/1/fund"]').waitFor();
  await desk.locator("#f-programme").selectOption("subsistence-allowance");
  await good(desk);
  await sum(desk).waitFor();
  await desk.locator('[data-of="A1"]').click();
  await desk.locator('[data-figure="A1"]').waitFor();
  await desk.setViewportSize({ width: 390, height: 844 });
  await stage.isEasy(desk, "figure-editor-phone");
  await desk.setViewportSize({ width: 1280, height: 800 });
  assert.equal((await ask(desk, "/api/figures")).length, 1, "a draft is no report");

  await desk.locator("#why").fill("每月要报给区里");
  await desk.locator('[data-do="propose"]').click();
  await desk.locator('[data-part="catalog-change"] .added').first().waitFor();
  const number = new URL(desk.url()).hash.slice(2);
  assert.equal((await ask(desk, "/api/figures")).length, 1, "nothing is in force before two have signed");
  for (const login of ["district-b", "district"]) await signedBy(login, number);

  // In force: it is chosen like any report, opens, and goes out as Excel.
  await desk.goto(`${stage.base}/console/#/figures?report=help-by-month`);
  const own = desk.locator('[data-figure="A1"]');
  await own.waitFor();
  assert.equal(await own.locator("[data-opens]").textContent(), String(counted));
  assert.equal(await desk.locator('[data-do="report"]').inputValue(), "help-by-month");
  await own.locator("[data-opens]").click();
  await desk.locator('[data-part="opened"] tbody tr').first().waitFor();
  await stage.isEasy(desk, "figure-in-force");
  for (const sheet of ["village", "list"]) {
    const file = await brought(desk, desk.locator(`[data-sheet="${sheet}"]`));
    assert.equal(file.subarray(0, 2).toString(), "PK", `${sheet} is a workbook`);
  }
  const out = join(stage.folder, "report.csv");
  const told = spawnSync(program, ["report", "help-by-month", "--data", stage.data, "--format", "csv", "--out", out], { encoding: "utf8" });
  assert.equal(told.status, 0, told.stderr);
  assert.match(readFileSync(out, "utf8"), new RegExp(`^A1,${counted},人,`, "m"));

  // A figure more of a report in force: begun from its file, with everything that stands in it.
  await desk.locator('[data-part="doors"] a', { hasText: "改这份报表" }).click();
  assert.equal(await desk.locator("#new-from").inputValue(), "help-by-month");
  await desk.locator('[data-do="begin"]').click();
  await desk.locator('[data-figure="A1"]').waitFor();
  await desk.locator('[data-do="add-figure"]').click();
  await desk.locator('[data-figure="A3"]').waitFor();
  await desk.locator('[data-do="throw"]').click();
  await desk.locator('[data-part="begin"]').waitFor();
  assert.deepEqual(desk.faults, []);
  await desk.close();
});
