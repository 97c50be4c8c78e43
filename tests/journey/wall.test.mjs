// The wall: it fits its screen, it renews itself with every act, and its numbers open what they count.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.mjs";

let stage;
before(async () => { stage = await Stage.open(); });
after(() => stage?.close());

test("the wall shows the district and follows an act", { timeout: 90_000 }, async () => {
  const desk = await stage.desk("district", { viewport: { width: 1920, height: 1080 } });
  await desk.goto(`${stage.base}/console/#/wall`);
  const number = (name) => desk.locator(`[data-number="${name}"] strong`);
  await number("open").waitFor();
  for (const part of ["work", "gaps", "money", "terminals"]) await desk.locator(`[data-part="${part}"]`).waitFor();
  await desk.waitForLoadState("networkidle");
  await stage.isEasy(desk, "wall");
  const read = async (name) => Number((await number(name).textContent()).replace(/\D/g, ""));
  const before = await read("opened");
  const declared = Date.now();
  await stage.declared("990100003205", { name: "尉迟新", mobile: "15400000777" });
  const answered = Date.now() - declared;
  while ((await read("opened")) === before) {
    assert.ok(Date.now() - declared < 10_000, "the wall did not move");
    await desk.waitForTimeout(20);
  }
  const took = Date.now() - declared - answered;
  console.log(`the wall moved ${took} ms after the act was acknowledged`);
  assert.equal(await read("opened"), before + 1);
  assert.ok(took < 5_000, `${took} ms`);
  await desk.locator('[data-number="opened"]').click();
  await desk.locator("table tbody tr", { hasText: "尉迟新" }).waitFor();
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("on a phone the wall is one column, and a village sees its own", { timeout: 60_000 }, async () => {
  const desk = await stage.desk("v990100003205", { viewport: { width: 390, height: 760 } });
  await desk.goto(`${stage.base}/console/#/wall`);
  await desk.locator('[data-number="open"]').waitFor();
  await desk.waitForLoadState("networkidle");
  const wide = await desk.evaluate(() => document.querySelector(".wall").scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `it scrolls sideways by ${wide} px`);
  assert.equal(await desk.locator('[data-part="calls"]').count(), 0, "calls are not a village's");
  await desk.close();
});
