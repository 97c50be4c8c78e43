// A terminal, as whoever stands before it uses it: two windows, a service filled in one question a screen, a paper under
// the camera, the receipt; by voice; on to a phone; help; without a network; and nothing left behind.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Stage } from "./stage.mjs";

let stage;
const CAMERA = ["--use-fake-device-for-media-stream=device-count=2", "--use-fake-ui-for-media-stream", "--allow-loopback-in-peer-connection", "--autoplay-policy=no-user-gesture-required"];

before(async () => {
  stage = await Stage.open();
  await stage.browser.close();
  stage.browser = await launch(CAMERA);
});
after(() => stage?.close());

/** A terminal with its two screens, enrolled. */
async function terminal(size = { width: 1080, height: 1400 }) {
  const context = await stage.browser.newContext({ viewport: size, locale: "zh-CN", reducedMotion: "reduce" });
  const [beside, work] = [await context.newPage(), await context.newPage()];
  work.faults = [];
  for (const page of [beside, work]) {
    page.on("pageerror", (what) => work.faults.push(what.message));
    page.on("console", (line) => line.type() === "error" && !/status of 4\d\d|ERR_INTERNET_DISCONNECTED|WebSocket/.test(line.text()) && work.faults.push(line.text()));
  }
  await beside.goto(`${stage.base}/kiosk/companion`);
  await work.goto(`${stage.base}/kiosk`);
  await work.locator('[data-do="enrol-demo"]').click();
  await work.locator("[data-module]").first().waitFor();
  return { context, beside, work };
}

const press = (page, what) => page.locator(`[data-do="${what}"]`).click();

/** Answers question after question until everything is to be checked. */
async function answer(work, answers) {
  const question = work.locator('[data-part="question"]');
  for (;;) {
    if (!(await question.count())) return;
    const name = await question.getAttribute("data-question");
    if (name === "region") {
      if (await work.locator("[data-town]").count()) await work.locator("[data-town]").first().click();
      await work.locator("[data-village]").first().click();
    } else if (name in answers) {
      const radio = question.locator(`input[type="radio"][value="${answers[name]}"]`);
      if (await radio.count()) await radio.check();
      else await question.locator("input, select").first().fill(answers[name]);
    }
    await press(work, "next");
    await work.waitForFunction((name) => document.querySelector('[data-part="question"]')?.dataset.question !== name, name);
  }
}

const vehicle = {
  taxpayer: "示例商贸有限公司", taxpayer_number: "91371500MA3C0000XX", name: "柳二", mobile: "15400000501",
  vin: "LSVAM4187C2184841", kind: "ordinary", bought: "2021-01-28", price: "113000.00",
};

test("a service is filled in a question a screen, with the companion beside it, and handed in", { timeout: 120_000 }, async () => {
  const { context, beside, work } = await terminal();
  await stage.isEasy(work, "kiosk-home", { phone: true, scripts: true });
  assert.equal(await work.locator('[data-module="travel-declaration"]').count(), 1);
  await work.locator('[data-module="vehicle-tax"]').click();
  await work.locator('[data-part="before"]').getByText("购车发票", { exact: true }).waitFor();
  await stage.isEasy(work, "kiosk-before", { phone: true, scripts: true });
  await beside.locator("h1", { hasText: "车辆购置税申报" }).waitFor();
  await press(work, "begin");
  await stage.isEasy(work, "kiosk-where", { phone: true, scripts: true });
  // What is needed is asked for at once, in words.
  if (await work.locator("[data-town]").count()) await work.locator("[data-town]").first().click();
  await press(work, "next");
  await work.getByRole("alert").filter({ hasText: "必须填" }).waitFor();
  await work.locator("[data-village]").first().click();
  await press(work, "next");
  await beside.locator(".says", { hasText: "纳税人名称" }).waitFor();
  await stage.isEasy(beside, "kiosk-beside", { lang: "zh" });
  assert.deepEqual(work.faults, []);
  await context.close();
});

test("what is wrong is said before the next question, and everything is checked before it is sent", { timeout: 120_000 }, async () => {
  const { context, beside, work } = await terminal();
  await work.locator('[data-module="vehicle-tax"]').click();
  await press(work, "begin");
  await answer(work, vehicle);
  const check = work.locator('[data-part="check"]');
  await stage.isEasy(work, "kiosk-check", { phone: true, scripts: true });
  // An answer is changed from there; one that is misshapen goes no further.
  await check.locator('[data-answer="mobile"]').click();
  await work.locator('[data-question="mobile"]').waitFor();
  await work.locator("#ask-mobile").fill("154");
  await press(work, "next");
  await work.getByRole("alert").filter({ hasText: "11 位手机号" }).waitFor();
  await work.locator("#ask-mobile").fill("15400000501");
  await press(work, "next");

  // Without a network it stays here; when it is back it is sent, once.
  await context.setOffline(true);
  await press(work, "send");
  await work.getByRole("alert").filter({ hasText: "网络断开" }).first().waitFor();
  await context.setOffline(false);
  await press(work, "send");
  const done = work.locator('[data-part="done"]');
  await done.locator('[data-part="number"]').waitFor();
  const number = (await done.locator('[data-part="number"]').textContent()).trim();
  assert.match(number, /^VT-\d{8}-\d+$/);
  await done.locator(".code svg").waitFor();
  await beside.locator(".code svg").waitFor();
  await stage.isEasy(work, "kiosk-done", { phone: true, scripts: true });

  // It is paid by either code; the screen tells as soon as the channel does.
  const [shown] = await Promise.all([
    work.waitForResponse((answer) => /api\/payments/.test(answer.url()) && answer.request().method() === "POST" && /alipay/.test(answer.request().postData() ?? "")),
    press(work, "pay"),
  ]);
  const { codes } = await shown.json();
  await work.locator('[data-code="wechat"] .code svg').waitFor();
  await work.locator('[data-code="alipay"] .code svg').waitFor();
  await stage.isEasy(work, "kiosk-pay", { phone: true, scripts: true });
  const payer = await stage.phone();
  await payer.goto(codes.find((one) => one.channel === "alipay").link);
  await payer.getByRole("button", { name: "确认付款 Pay" }).click();
  await payer.getByText("支付成功").waitFor();
  await payer.close();
  await work.locator('[data-part="pay"][data-state="paid"]').waitFor({ timeout: 20_000 });


  // A paper under the camera becomes a paper of the case.
  await done.locator('[data-paper="invoice"]').click();
  await work.waitForFunction(() => (document.querySelector("video")?.videoWidth ?? 0) > 0);
  await press(work, "shoot");
  await press(work, "use");
  await done.locator('[data-paper="invoice"]', { hasText: "已交" }).waitFor({ timeout: 20_000 });
  const desk = await stage.desk("desk");
  await desk.goto(`${stage.base}/console/#/${number}`);
  await desk.locator('[data-part="papers"] img').first().waitFor();
  await desk.close();

  // The receipt is printed; who says that nothing came out makes the printer faulty on the wall.
  await work.evaluate(() => { window.print = () => { window.wasPrinted = true; }; });
  await press(work, "print");
  assert.ok(await work.evaluate(() => window.wasPrinted));
  await press(work, "not-printed");
  await work.getByRole("alert").filter({ hasText: "已通知工作人员" }).waitFor();
  await press(work, "finish");
  await work.locator("[data-module]").first().waitFor();
  assert.ok(!(await work.content()).includes("15400000501"), "nothing of the person stays");
  await beside.locator(".says", { hasText: "请在左边的屏幕上操作" }).waitFor();
  const wall = await stage.desk("district");
  await wall.goto(`${stage.base}/console/#/devices`);
  await wall.locator('[data-device][data-state="faulty"]').first().waitFor({ timeout: 40_000 });
  await wall.close();
  assert.deepEqual(work.faults, []);
  await context.close();
});

test("a sentence leads to its service, a doubtful one is asked about, and help is always at hand", { timeout: 120_000 }, async () => {
  const { context, work } = await terminal();
  await press(work, "speak");
  await stage.isEasy(work, "kiosk-speak", { phone: true, scripts: true });
  const say = async (text) => {
    await work.locator("#say").fill(text);
    await press(work, "ask");
  };
  // What is doubtful is confirmed, what a sentence leaves open is asked, and then it leads on.
  await say("买了新车交税");
  await work.locator('[data-next="confirm"]').waitFor();
  await stage.isEasy(work, "kiosk-confirm", { phone: true, scripts: true });
  await press(work, "yes");
  const choice = work.locator('[data-next="act"] .choices button').first();
  await Promise.all([work.waitForResponse(/voice\/match/), choice.click()]);
  await choice.waitFor({ state: "detached" });
  if (await work.locator('[data-do="go"]').count()) await press(work, "go");
  await work.locator('[data-part="before"] h1', { hasText: "车辆购置税申报" }).waitFor();
  await press(work, "home");
  await press(work, "speak");
  await say("开票");
  await work.locator('[data-next="confirm"], [data-next="choose"]').waitFor();
  await press(work, "none");
  const help = work.locator('[data-part="help"]');
  await help.locator(".code svg").waitFor();
  await stage.isEasy(work, "kiosk-help", { phone: true, scripts: true });
  await press(work, "close-help");
  // Recorded sentences go through the same matcher.
  await work.locator('[data-part="sample"]').first().click();
  await work.locator('[data-part="before"], [data-part="answer"][data-next]').first().waitFor();
  assert.deepEqual(work.faults, []);
  await context.close();
});

test("what was begun goes on on a phone, once, and a receipt says where its matter stands", { timeout: 120_000 }, async () => {
  const { context, work } = await terminal();
  await work.locator('[data-module="invoice-issue"]').click();
  await press(work, "begin");
  if (await work.locator("[data-town]").count()) await work.locator("[data-town]").first().click();
  await work.locator("[data-village]").first().click();
  await press(work, "next");
  await work.locator('[data-part="question"] input').first().fill("示例粮油店");
  const [handed] = await Promise.all([work.waitForResponse(/hand-over/), press(work, "hand-over")]);
  const { link } = await handed.json();
  await work.locator('[data-part="hand-over"] .code svg').waitFor();
  await stage.isEasy(work, "kiosk-hand-over", { phone: true, scripts: true });
  const phone = await stage.phone();
  await phone.goto(`${stage.base}${new URL(link, stage.base).pathname}`);
  await stage.isEasy(phone, "take", { phone: true });
  await phone.getByRole("button", { name: "接着填" }).click();
  assert.ok(await phone.locator('input[value="示例粮油店"]').count());
  await press(work, "handed");
  await work.locator("[data-module]").first().waitFor();

  const { receipt, number } = await stage.declared("990100003205");
  await press(work, "query");
  await work.locator("#receipt").fill("hello");
  await press(work, "look");
  await work.getByRole("alert").filter({ hasText: "不是回执" }).waitFor();
  await work.locator("#receipt").fill(receipt);
  await press(work, "look");
  await work.locator('[data-part="status"]', { hasText: number }).waitFor();
  await stage.isEasy(work, "kiosk-query", { phone: true, scripts: true });
  assert.deepEqual(work.faults, []);
  await context.close();
});

test("in English and in large type, and what a tax comes to", { timeout: 120_000 }, async () => {
  const { context, work } = await terminal();
  await press(work, "lang");
  await press(work, "care");
  await work.locator("[data-module]", { hasText: "Vehicle purchase tax" }).first().waitFor();
  await stage.isEasy(work, "kiosk-en", { phone: true, scripts: true, lang: "en" });
  await work.locator('[data-module="vehicle-tax"]').click();
  await press(work, "begin");
  await stage.isEasy(work, "kiosk-where-en", { phone: true, scripts: true, lang: "en" });
  await press(work, "home");
  // Whoever comes next finds it in Chinese and in ordinary type.
  await work.locator("[data-calculator]", { hasText: "滞纳金" }).first().waitFor();
  await work.locator('[data-calculator="vehicle-purchase-tax"]').click();
  await stage.isEasy(work, "kiosk-calculate", { phone: true, scripts: true });
  await work.locator("#calc-price").fill("113000");
  await work.locator("#calc-day").fill("2021-02-01");
  await press(work, "compute");
  await work.locator("[data-result]", { hasText: "10000.00" }).first().waitFor();
  await press(work, "go");
  await work.locator('[data-part="before"]').waitFor();
  // A small screen holds it too.
  await work.setViewportSize({ width: 480, height: 800 });
  await stage.isEasy(work, "kiosk-small", { phone: true, scripts: true });
  assert.deepEqual(work.faults, []);
  await context.close();
});

test("whoever walks away leaves nothing behind, and an officer's word reaches the screen", { timeout: 120_000 }, async () => {
  const { context, beside, work } = await terminal();
  await work.clock.install();
  await work.reload();
  await work.locator('[data-module="tax-proof"]').click();
  await press(work, "begin");
  await work.clock.runFor(75_000);
  await work.locator('[data-part="idle"]').waitFor();
  await stage.isEasy(work, "kiosk-idle", { phone: true, scripts: true });
  await press(work, "still");
  assert.equal(await work.locator('[data-part="idle"]').count(), 0);
  await work.clock.runFor(91_000);
  await work.locator("[data-module]").first().waitFor();
  await beside.locator(".says", { hasText: "请在左边的屏幕上操作" }).waitFor();
  await context.close();

  const other = await terminal();
  const desk = await stage.desk("district");
  const wall = await (await desk.request.get(`${stage.base}/api/devices`)).json();
  const device = JSON.parse(await other.work.evaluate(() => localStorage.getItem("yizhan.terminal"))).device;
  assert.ok(wall.halls.some((hall) => hall.devices.some((one) => one.device === device)));
  const headers = { "idempotency-key": crypto.randomUUID() };
  const told = await desk.request.post(`${stage.base}/api/devices/orders`, { data: { devices: [device], what: "notice", text: "今天 16 点闭厅" }, headers });
  assert.equal(told.status(), 200, await told.text());
  await other.work.locator('[data-part="notice"]', { hasText: "今天 16 点闭厅" }).waitFor({ timeout: 20_000 });
  await desk.close();
  await other.context.close();
});

test("one key brings an agent to the companion, who sees what is filled in and proposes; the person takes it", { timeout: 120_000 }, async () => {
  const { context, beside, work } = await terminal();
  const desk = await stage.browser.newContext({ locale: "zh-CN", reducedMotion: "reduce", viewport: { width: 1280, height: 900 } });
  const agent = await desk.newPage();
  await agent.request.post(`${stage.base}/api/demo/sign-in`, { data: { login: "desk" } });
  await agent.goto(`${stage.base}/console/#/calls`);
  await agent.locator('[data-part="state"]').waitFor();
  if (await agent.locator('[data-do="free"]').count()) await agent.locator('[data-do="free"]').click();
  await agent.locator('[data-part="state"][data-state="free"]').waitFor();

  await work.locator('[data-module="vehicle-tax"]').click();
  await press(work, "begin");
  if (await work.locator("[data-town]").count()) await work.locator("[data-town]").first().click();
  await work.locator("[data-village]").first().click();
  await press(work, "next");
  await press(work, "help");
  await press(work, "call");
  await work.locator('[data-call="waits"]').waitFor();
  await agent.locator('[data-part="rings"]').waitFor();
  await agent.locator("h1").click();
  await agent.keyboard.press("Space");
  await work.locator('[data-call="talks"]').waitFor();
  await beside.waitForFunction(() => performance.getEntriesByName("first-frame").length > 0);
  await stage.isEasy(work, "kiosk-call", { phone: true, scripts: true });

  const shown = agent.locator('[data-part="form"]');
  await work.locator('[data-part="question"] input').first().fill("示例");
  await shown.locator('[data-field="/taxpayer"]', { hasText: "示例" }).waitFor();
  await shown.locator('[data-field="/taxpayer"] button').first().click();
  await work.locator(".pointed").waitFor();
  await shown.getByLabel("建议").fill("示例商贸有限公司");
  await shown.locator('[data-do="propose"]').click();
  await work.locator('[data-part="proposal"]', { hasText: "示例商贸有限公司" }).waitFor();
  assert.equal(await work.locator('[data-part="question"] input').first().inputValue(), "示例", "nothing is set without the person");
  await press(work, "take");
  assert.equal(await work.locator('[data-part="question"] input').first().inputValue(), "示例商贸有限公司");
  await press(work, "hang-up");
  await work.locator('[data-part="call"]').waitFor({ state: "detached" });
  await beside.locator("[data-stars]").first().waitFor();
  await beside.waitForURL(/kiosk\/companion/, { timeout: 30_000 });
  assert.deepEqual(work.faults, []);
  await desk.close();
  await context.close();
});
