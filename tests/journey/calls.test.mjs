// Calls to the remote desk between two real pages: pressed, answered, seen, filled in together, recorded by consent; through a TURN
// server; with a server that begins again in the middle. `CALLS=30` measures thirty in a row, as the figures of docs/calls.md.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { freePort, launch, photo, Stage } from "./stage.mjs";

const CALLS = Number(process.env.CALLS ?? 3);
const CAMERAS = ["--use-fake-device-for-media-stream=device-count=3", "--use-fake-ui-for-media-stream", "--allow-loopback-in-peer-connection", "--autoplay-policy=no-user-gesture-required"];
const SECRET = "a-secret-between-two-programs";

let stage, turn, folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "yizhan-calls-"));
  writeFileSync(join(folder, "turn.secret"), `${SECRET}\n`);
  writeFileSync(join(folder, "exchange.secret"), `${SECRET}\n`);
  const [port, from] = [await freePort(), 40_000 + Math.floor(Math.random() * 9_000)];
  const config = join(folder, "yizhan.toml");
  writeFileSync(config, `[turn]\nurl = "turn:127.0.0.1:${port}?transport=udp"\nsecret_file = "${join(folder, "turn.secret")}"\n[exchange]\nsecret_file = "${join(folder, "exchange.secret")}"\n`);
  turn = spawn("turnserver", ["-n", "--no-cli", "--listening-ip=127.0.0.1", `--listening-port=${port}`, "--relay-ip=127.0.0.1", `--min-port=${from}`, `--max-port=${from + 900}`, "--use-auth-secret", `--static-auth-secret=${SECRET}`, "--realm=yizhan", "--allow-loopback-peers", "--no-tls", "--no-dtls", "--no-software-attribute", "--log-file=stdout", "--simple-log", `--pidfile=${join(folder, "turn.pid")}`, `--userdb=${join(folder, "turn.db")}`], { stdio: "ignore" });
  stage = await Stage.open({ config, browser: CAMERAS });
});
// What failed leaves nobody at the desk for the next.
afterEach(async () => {
  for (const context of stage.browser.contexts()) await context.close();
});
after(async () => {
  await stage?.close();
  turn?.kill("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

/** An agent at their desk, in a context of their own. */
async function atDesk(login, { query = "", browser = stage.browser, free = true } = {}) {
  const context = await browser.newContext({ locale: "zh-CN", reducedMotion: "reduce", viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (what) => page.faults.push(what.message));
  const entered = await page.request.post(`${stage.base}/api/demo/sign-in`, { data: { login } });
  assert.equal(entered.status(), 200);
  await page.goto(`${stage.base}/console/${query}#/calls`);
  await page.locator('[data-part="queue"]').waitFor();
  if (free) {
    await page.locator('[data-part="state"]').waitFor();
    await page.waitForTimeout(300);
    // What a story that failed left behind is ended first.
    if (await page.locator('[data-do="finish"]').count()) await page.locator('[data-do="finish"]').click();
    if (await page.locator('[data-part="state"][data-state="talks"], [data-part="file"]').count()) await page.locator('[data-part="file"] [data-do="file"]').click();
    if (await page.locator('[data-do="free"]').count()) await page.locator('[data-do="free"]').click();
    // Somebody may be waiting already.
    await page.locator('[data-part="state"]:is([data-state="free"], [data-state="rings"])').waitFor();
  }
  return page;
}

/** Somebody who calls, in a context of their own. */
async function atPhone({ query = "?for=travel-declaration", browser = stage.browser, script } = {}) {
  const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 360, height: 740 }, hasTouch: true });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (what) => page.faults.push(what.message));
  if (script) await page.addInitScript(script);
  await page.goto(`${stage.base}/call${query}`);
  await page.locator('[data-do="call"]').waitFor();
  return page;
}

const mark = (page, name) => page.waitForFunction((name) => performance.getEntriesByName(name)[0]?.startTime, name, { timeout: 20_000 }).then((handle) => handle.jsonValue());
const over = async (page) => {
  assert.deepEqual(page.faults, []);
  await page.context().close();
};
/** The agent writes a finished call up. */
const filed = async (agent, outcome = "settled") => {
  const part = agent.locator('[data-part="file"]');
  await part.waitFor();
  await part.getByLabel("这次通话的结果").selectOption(outcome);
  await part.locator('[data-do="file"]').click();
  await agent.locator('[data-part="state"][data-state="free"]').waitFor();
};

test("a call is answered by one key, seen, helped with, recorded by consent and rated", { timeout: 240_000 }, async () => {
  const agent = await atDesk("desk");
  const caller = await atPhone();
  await stage.isEasy(caller, "call-start", { phone: true, scripts: true });
  await caller.locator('[data-do="call"]').tap();
  await agent.locator('[data-part="rings"]').waitFor();
  await agent.locator("h1").click();
  await agent.keyboard.press("Space");
  await mark(caller, "first-frame");
  await mark(agent, "first-frame");
  assert.match(await caller.locator('[data-part="state"]').textContent(), /正在与 .+ 通话/);

  // In writing, and by photograph.
  await caller.getByLabel("写给坐席").fill("这一栏怎么填？");
  await caller.locator('[data-do="write"]').tap();
  await agent.locator('[data-part="said"]', { hasText: "这一栏怎么填" }).waitFor();
  const picture = await photo(caller);
  await caller.locator('input[type="file"]').setInputFiles({ name: "a.png", mimeType: "image/png", buffer: picture });
  await agent.locator('[data-photo="1"] img').waitFor();
  await caller.getByText("已发送 1").waitFor();

  // The form, together: only ends of numbers are seen, what is proposed is the caller's to take, only the caller sends.
  await caller.locator('[data-do="form"]').tap();
  const form = caller.locator("form[data-draft]");
  await form.waitFor();
  await form.locator('[name="/name"]').fill("柳二");
  await form.locator('[name="/citizen_number"]').fill("37150219540307001X");
  const shown = agent.locator('[data-part="form"]');
  await shown.locator('[data-field="/name"]', { hasText: "柳二" }).waitFor();
  await shown.locator('[data-field="/citizen_number"]', { hasText: "371***********001X" }).waitFor();
  assert.equal(await shown.locator('[data-field="/notice_version"]').count(), 0, "what is not asked is not shared");
  await shown.locator('[data-field="/destination/detail"] button').first().click();
  await caller.locator(".pointed").waitFor();
  await shown.getByLabel("建议").fill("前街3号");
  await shown.locator('[data-do="propose"]').click();
  assert.equal(await form.locator('[name="/destination/detail"]').inputValue(), "", "nothing is set without the caller");
  await caller.locator('[data-proposal] [data-taken="true"]').tap();
  assert.equal(await form.locator('[name="/destination/detail"]').inputValue(), "前街3号");
  await shown.locator('[data-taken="true"]').waitFor();
  await stage.isEasy(agent, "call-desk");

  // Recording: asked, agreed, and marked as such.
  await agent.locator('[data-do="ask-recording"]').click();
  await caller.locator('[data-do="agree"]').tap();
  await agent.locator('[data-part="recording"][data-state="on"]').waitFor();

  // The server begins again in the middle: both are where they were.
  await stage.stop();
  await caller.waitForTimeout(300);
  await stage.serve();
  await agent.locator('[data-part="call"]').waitFor();
  await agent.getByLabel("写给对方").fill("还在吗？");
  await agent.locator('[data-part="call"] [data-do="write"]').click();
  await caller.locator('[data-part="said"]', { hasText: "还在吗" }).waitFor({ timeout: 20_000 });
  agent.faults.length = 0;

  await agent.waitForTimeout(4_500);
  await caller.locator('[data-do="hang-up"]').tap();
  await caller.locator('[data-stars="5"]').tap();
  await caller.getByText("谢谢！").waitFor();
  await agent.locator('[data-part="file"]').waitFor();
  await agent.locator('[data-part="file"] [data-do="file"]').click();
  // After a restart agents are asked again whether they are free.
  await agent.locator('[data-part="state"][data-state="paused"]').waitFor();

  // The supervisor opens a figure to its calls, and hears the recording with a reason.
  const boss = await atDesk("district", { free: false });
  await boss.locator('[data-figure="talked"]').click();
  const row = boss.locator("tr[data-call]").first();
  await row.locator('[data-do="hear"]').waitFor();
  const call = await row.getAttribute("data-call");
  const heard = await boss.request.get(`${stage.base}/api/calls/${call}/recording/heard?reason=${encodeURIComponent("核对争议")}`);
  assert.equal(heard.status(), 200, await heard.text().catch(() => ""));
  assert.equal((await heard.body()).subarray(0, 4).toString("hex"), "1a45dfa3", "a WebM file");
  await stage.isEasy(boss, "calls-past");
  for (const page of [agent, caller, boss]) await over(page);
});

test("an agent's browser dies, and the caller is first in line again; a supervisor listens", { timeout: 120_000 }, async () => {
  const agent = await atDesk("desk");
  const caller = await atPhone();
  await caller.locator('[data-do="call"]').tap();
  await agent.locator('[data-do="answer"]').click();
  await mark(caller, "first-frame");
  await agent.context().close();
  await caller.getByText("正在为您优先重新接通").waitFor({ timeout: 20_000 });
  const again = await atDesk("desk");
  await again.locator('[data-do="answer"]').click();
  await mark(again, "first-frame");
  const boss = await atDesk("district", { free: false });
  await boss.locator('[data-do="listen"]').click();
  await mark(boss, "watched-frame");
  await caller.getByText("督导正在旁听").waitFor();
  await again.locator('[data-part="watcher"]').waitFor();
  await boss.locator('[data-do="stop-listening"]').click();
  await again.locator('[data-part="watcher"]').waitFor({ state: "detached" });
  // The caller's page is loaded anew: the same call, pictures and all.
  await caller.reload();
  await mark(caller, "first-frame");
  await again.locator('[data-do="finish"]').click();
  await filed(again);
  for (const page of [again, caller, boss]) await over(page);
});

test("calls in a row, from browser to browser and through the TURN server", { timeout: 900_000 }, async () => {
  for (const [way, query, aim] of [["direct", "", 1_500], ["relay", "relay", 2_000]]) {
    const agent = await atDesk("desk", { query: query && `?${query}` });
    await agent.evaluate(() => new MutationObserver(() => document.querySelector('[data-do="answer"]')?.click()).observe(document.body, { childList: true, subtree: true }));
    const took = [];
    for (let n = 0; n < CALLS; n += 1) {
      await agent.evaluate(() => performance.clearMarks());
      const caller = await atPhone({ query: query ? `?${query}` : "" });
      await caller.locator('[data-do="call"]').click();
      const first = await mark(caller, "first-frame");
      await mark(agent, "first-frame");
      took.push(first - (await mark(caller, "pressed")));
      if (n === 0) await caller.waitForFunction(() => document.querySelector("#call").dataset.level === "video");
      await caller.locator('[data-do="hang-up"]').click();
      await filed(agent);
      await over(caller);
    }
    took.sort((one, other) => one - other);
    const [middle, p95] = [took[Math.floor(took.length / 2)], took[Math.min(took.length - 1, Math.ceil(took.length * 0.95) - 1)]];
    console.log(`${way}: ${took.length} calls, press to first picture: median ${Math.round(middle)} ms, p95 ${Math.round(p95)} ms`);
    // The short form runs beside whatever else the machine does.
    assert.ok(p95 < (CALLS >= 30 ? aim : 10_000), `${way}: p95 ${p95} ms`);
    await over(agent);
  }
});

test("a companion screen holds the call while the working screen goes on", { timeout: 60_000 }, async () => {
  const agent = await atDesk("desk");
  // Of the browser's invented cameras the second measures depth and has no picture; the third stands over the document.
  const script = () => {
    const devices = navigator.mediaDevices;
    const all = devices.enumerateDevices.bind(devices);
    devices.enumerateDevices = async () => (await all()).filter((one) => one.label !== "fake_device_1");
  };
  const companion = await atPhone({ query: "?for=travel-declaration&companion=1&both=1", script });
  const work = await companion.context().newPage();
  await work.goto(`${stage.base}/`);
  await companion.locator('[data-do="call"]').click();
  await agent.locator('[data-do="answer"]').click();
  await mark(companion, "first-frame");
  await work.goto(`${stage.base}/r/travel-declaration?at=990100003205`);
  await work.locator('[name="/name"]').fill("柳二");
  await agent.locator('[data-part="form"] [data-field="/name"]', { hasText: "柳二" }).waitFor();
  await agent.locator('[data-field="/destination/detail"] button').first().click();
  await agent.locator('[data-part="form"]').getByLabel("建议").fill("前街3号");
  await agent.locator('[data-do="propose"]').click();
  await work.locator('[data-proposal] [data-taken="true"]').click();
  assert.equal(await work.locator('[name="/destination/detail"]').inputValue(), "前街3号");
  await agent.waitForFunction(() => document.querySelector('[data-part="document"]').srcObject?.getVideoTracks().length === 1);
  await mark(agent, "document-frame");
  await companion.bringToFront();
  await companion.locator('[data-do="hang-up"]').click();
  await filed(agent);
  await over(companion);
  await over(agent);
});

test("without a camera a drawn picture is seen, and two windows are enough", { timeout: 60_000 }, async () => {
  const bare = await launch(["--allow-loopback-in-peer-connection", "--use-fake-ui-for-media-stream"]);
  const agent = await atDesk("desk", { browser: bare });
  const caller = await atPhone({ browser: bare });
  await caller.locator('[data-do="call"]').tap();
  await agent.locator('[data-do="answer"]').click();
  await mark(caller, "first-frame");
  await mark(agent, "first-frame");
  await caller.locator('[data-do="hang-up"]').tap();
  await filed(agent);
  await bare.close();
});

test("where cameras are refused, writing and photographs suffice", { timeout: 60_000 }, async () => {
  const strict = await launch(["--deny-permission-prompts", "--use-fake-device-for-media-stream", "--allow-loopback-in-peer-connection"]);
  const agent = await atDesk("desk");
  const caller = await atPhone({ browser: strict });
  await caller.locator('[data-do="call"]').tap();
  await agent.locator('[data-do="answer"]').click();
  await caller.getByText("照样可以用文字和照片办理").waitFor();
  await caller.locator('input[type="file"]').setInputFiles({ name: "a.png", mimeType: "image/png", buffer: await photo(caller) });
  await agent.locator('[data-photo="1"] img').waitFor();
  // They see the agent all the same.
  await mark(caller, "first-frame");
  await caller.locator('[data-do="hang-up"]').tap();
  await filed(agent);
  await strict.close();
  await over(agent);
});

test("a caller on an ordinary telephone gets a link, and a page for pictures", { timeout: 60_000 }, async () => {
  const agent = await atDesk("desk");
  const says = async (body) => {
    const [text, time] = [JSON.stringify(body), Math.floor(Date.now() / 1000)];
    const signed = createHmac("sha256", SECRET).update(`${time}.${text}`).digest("hex");
    const answer = await fetch(`${stage.base}/api/calls/exchange`, { method: "POST", body: text, headers: { "exchange-signature": `t=${time},v1=${signed}` } });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
  };
  await says({ id: "pbx-7", event: "arrived", number: "15400000001", skill: "tax" });
  await agent.locator('[data-do="answer"]').click();
  await agent.locator('[data-do="number"]').click();
  assert.equal(await agent.locator('[data-part="number"]').textContent(), "15400000001");
  await agent.locator('[data-do="link"]').click();
  await agent.locator('[data-part="sent"]', { hasText: "154****0001" }).waitFor();
  const sent = await (await agent.request.get(`${stage.base}/api/demo/outbox`)).json();
  const code = sent.map((one) => one.text.match(/\/l\/([0-9a-z]+)/)?.[1]).find(Boolean);
  const context = await stage.browser.newContext({ locale: "zh-CN", viewport: { width: 360, height: 740 }, userAgent: "Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/86 Mobile Safari/537.36 MicroMessenger/8.0" });
  const page = await context.newPage();
  await page.goto(`${stage.base}/l/${code}`);
  await stage.isEasy(page, "call-link", { phone: true, scripts: true });
  await page.locator('[data-do="enter"]').click();
  await page.locator('input[type="file"]').setInputFiles({ name: "a.png", mimeType: "image/png", buffer: await photo(page) });
  await agent.locator('[data-photo="1"] img').waitFor();
  await says({ id: "pbx-7", event: "ended" });
  await filed(agent, "again");
  await context.close();
  await over(agent);
});

test("the pages are as easy in both languages", { timeout: 60_000 }, async () => {
  for (const lang of ["zh", "en"]) {
    const agent = await atDesk("desk", { free: false });
    await agent.evaluate((lang) => { document.cookie = `lang=${lang}; Path=/; SameSite=Lax`; }, lang);
    await agent.reload();
    await agent.locator('[data-part="queue"]').waitFor();
    await stage.isEasy(agent, `calls-${lang}`, { lang });
    await over(agent);
    const phone = await atPhone({ query: `?lang=${lang}` });
    await stage.isEasy(phone, `call-${lang}`, { lang, phone: true, scripts: true });
    await over(phone);
  }
});
