// Terminals, as an officer watches them: a hall and a terminal are added, the simulator brings others to life, one is told
// something and is reported, what people find hard is read, and the suggested order goes out.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { program, Stage } from "./stage.mjs";

let stage, simulator;

before(async () => {
  stage = await Stage.open();
});
after(async () => {
  simulator?.kill("SIGINT");
  await stage?.close();
});

const settled = async (desk) => {
  await desk.locator(".el-skeleton").first().waitFor({ state: "detached" });
  await desk.waitForTimeout(400);
};

test("the wall comes alive, a terminal is told and mended", { timeout: 120_000 }, async () => {
  const desk = await stage.desk("district");
  await desk.getByRole("navigation").getByRole("link", { name: "终端" }).click();
  await desk.locator("[data-hall]").first().waitFor();
  const halls = await desk.locator("[data-hall]").count();
  assert.equal(halls, 5, "a hall of each township and the district's");

  simulator = spawn(program, ["simulate", "terminals", "--count", "10", "--server", stage.base, "--calm"], { stdio: "ignore" });
  await desk.locator('[data-state="good"]').nth(9).waitFor({ timeout: 30_000 });
  await settled(desk);
  await stage.isEasy(desk, "devices-wall");

  // One is told to show a notice; it says that it did.
  await desk.locator("[data-device]").first().click();
  const panel = desk.locator('[data-part="device"]');
  await panel.getByLabel("通知内容").fill("今天 16 点闭厅");
  await panel.locator('[data-do="notice"]').click();
  await panel.locator('[data-order="done"]', { hasText: "今天 16 点闭厅" }).waitFor();

  // It is reported: a case is opened, and the wall knows it.
  await panel.getByLabel("看到的情况").fill("打印机卡纸");
  await panel.locator('[data-do="mend"]').click();
  await desk.locator("[data-device]", { hasText: "维修中" }).waitFor();
  assert.match(await panel.locator('a[href*="DR-"]').textContent(), /^DR-\d{8}-\d+$/);

  // A terminal is added by hand: its code is shown, and it is awaited.
  const add = desk.locator('[data-part="add"]');
  await add.getByLabel("登记终端").fill("窗口旁的终端");
  await add.locator('[data-do="add-device"]').click();
  await desk.locator('[data-state="awaited"]', { hasText: "窗口旁的终端" }).waitFor();
  assert.match(await desk.locator('[data-part="device"] code').textContent(), /^[0-9a-z]{16}$/);

  // The program starts again: the terminals come back by themselves, with the secrets they have.
  await stage.stop();
  await stage.serve();
  await desk.reload();
  // While it was down the streams complained.
  desk.faults.length = 0;
  await desk.locator('[data-state="good"]').nth(9).waitFor({ timeout: 30_000 });
  await desk.locator("[data-device]", { hasText: "维修中" }).waitFor();

  for (const lang of ["zh", "en"]) {
    await desk.evaluate((lang) => { document.cookie = `lang=${lang}; Path=/; SameSite=Lax`; }, lang);
    await desk.reload();
    await desk.locator("[data-hall]").first().waitFor();
    await settled(desk);
    await stage.isEasy(desk, `devices-${lang}`, { lang });
  }
  assert.deepEqual(desk.faults, []);
});

test("what people find hard is read with its evidence, and the order of the home screen goes out", { timeout: 120_000 }, async () => {
  const desk = await stage.desk("district");
  await desk.getByRole("navigation").getByRole("link", { name: "使用分析" }).click();
  const hard = desk.locator('[data-part="difficulties"] [data-step]');
  await hard.first().waitFor();
  assert.ok((await hard.count()) >= 3, "four were planted");
  await desk.locator('[data-part="funnel"] tbody tr').nth(3).waitFor();
  await desk.locator('[data-do="module"]').selectOption("vehicle-tax");
  await desk.locator('[data-do="on"]').fill("2021-01-18");
  await desk.locator('[data-do="on"]').dispatchEvent("change");
  await desk.locator('[data-part="changed"] tr[data-turn="better"]').first().waitFor();
  await desk.locator('[data-do="adopt"]').click();
  await desk.getByText(/已下发配置版本 1/).waitFor();
  await settled(desk);
  await stage.isEasy(desk, "behaviour");
  await desk.setViewportSize({ width: 360, height: 740 });
  await settled(desk);
  await stage.isEasy(desk, "behaviour-phone");
  assert.deepEqual(desk.faults, []);
});
