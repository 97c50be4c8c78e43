// Proof of ease: ten daily tasks of a village worker and five of a resident, walked in a browser; clicks, keys and
// seconds are counted into docs/ease.md. A task that takes more clicks than are written there fails.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { photo, Stage } from "./stage.mjs";

const village = "990100003205";
const neighbour = "990100003206";
const document = fileURLToPath(new URL("../../docs/ease.md", import.meta.url));
let stage, desk;
const measured = [];

before(async () => {
  stage = await Stage.open();
  desk = await stage.desk(`v${village}`);
});
after(() => stage?.close());

/** Somebody's hands: everything they do is counted. */
class Hands {
  clicks = 0;
  keys = 0;
  fields = 0;

  async click(target) {
    this.clicks += 1;
    await target.click();
  }

  /** One click to get there, then the keys. */
  async type(target, text) {
    this.clicks += 1;
    this.fields += 1;
    this.keys += text.length;
    await target.fill(text);
  }

  /** A list is opened and one of it chosen. */
  async choose(target, value) {
    this.clicks += 2;
    await target.selectOption(value);
  }

  /** A picture is taken or picked: the button, and the picture. */
  async pick(target, file) {
    this.clicks += 2;
    await target.setInputFiles(file);
  }

  async press(page, ...keys) {
    this.keys += keys.length;
    for (const key of keys) await page.keyboard.press(key);
  }

  async write(page, text) {
    this.keys += text.length;
    await page.keyboard.type(text);
  }
}

/**
 * What a person would need, by the keystroke-level model (Card, Moran and Newell, 1980): 1.1 s to point, 0.2 s to click,
 * 1.35 s to think before each; a key 0.5 s at a desk, 1.2 s for whoever does not know the keyboard. Waiting is measured.
 */
const seconds = (hands, waited, who) => hands.clicks * (1.1 + 0.2 + 1.35) + hands.keys * (who === "resident" ? 1.2 : 0.5) + waited;

async function task(who, zh, en, walk) {
  const hands = new Hands();
  const began = performance.now();
  await walk(hands);
  const waited = (performance.now() - began) / 1000;
  measured.push({ who, zh, en, clicks: hands.clicks, keys: hands.keys, waited, person: seconds(hands, waited, who) });
}

const worklist = async () => {
  await desk.goto(`${stage.base}/console/#/`);
  await desk.locator("tbody tr").first().waitFor(); // keys do nothing before there are rows
};
const now = () => desk.locator('[data-part="now"]');
const moved = (next) => desk.locator(".route .now", { hasText: next }).waitFor();
const signed = async (hands, next) => {
  await hands.click(desk.locator('[data-do="sign"]'));
  await moved(next);
};
/** Moves a case on by the API, up to the step that a task begins with. */
async function advance(number, ...answers) {
  for (const each of answers) {
    const page = await (await desk.request.get(`${stage.base}/api/cases/${number}`)).json();
    const done = await desk.request.post(`${stage.base}/api/cases/${number}/steps`, { data: { verb: "sign", version: page.version, answers: each } });
    assert.equal(done.status(), 200, await done.text());
  }
}
const reached = { outcome: "reached" };
const arrived = { arrived_on: "2021-02-01" };
const home = { place: "home" };

test("ten daily tasks of a village worker", { timeout: 240_000 }, async () => {
  await worklist();
  await task("clerk", "看今天最急的一件", "See what is most urgent today", async (hands) => {
    await hands.press(desk, "j", "Enter");
    await desk.locator(".route").waitFor();
  });

  const { number: first } = await stage.declared(village, { name: "尉迟敬", mobile: "15400000101" });
  await worklist();
  await task("clerk", "接到电话，凭姓名找到这个人", "Find the one who is calling, by name", async (hands) => {
    await hands.press(desk, "/");
    await hands.write(desk, "ycj");
    await hands.press(desk, "Enter");
    await hands.click(desk.locator('[data-part="found"]').getByRole("link", { name: first }));
    await desk.locator(".route").waitFor();
  });

  await task("clerk", "看完整号码，打电话，登记已接通", "Show the number, call, record that somebody was reached", async (hands) => {
    await hands.click(desk.locator('[data-read="contact"]'));
    await desk.getByText("15400000101").waitFor();
    await signed(hands, "到达登记");
  });

  const { number: silent } = await stage.declared(village, { mobile: "15400000102" });
  await desk.goto(`${stage.base}/console/#/${silent}`);
  await desk.locator(".route").waitFor();
  await task("clerk", "登记无人接听", "Record that nobody answered", async (hands) => {
    const form = desk.locator('form[data-entry="call"]');
    await hands.click(form.getByLabel("无人接听"));
    await hands.click(form.getByRole("button", { name: "保存" }));
    await desk.getByText("通话记录").nth(1).waitFor();
  });

  await desk.goto(`${stage.base}/console/#/${first}`);
  await task("clerk", "登记到达，定居家监测方案", "Register the arrival and agree on monitoring at home", async (hands) => {
    await hands.type(now().locator('input[type="date"]'), "2021-02-01");
    await signed(hands, "制定监测方案");
    await hands.click(now().getByLabel("居家"));
    await signed(hands, "解除监测");
  });

  await task("clerk", "替没有手机的老人报体温", "Report a temperature for somebody without a phone", async (hands) => {
    await hands.click(desk.getByRole("tab", { name: "早间体温报告" }));
    const form = desk.locator('form[data-entry="report-morning"]');
    await hands.type(form.locator('input[type="text"]').first(), "36.5");
    await hands.click(form.getByRole("button", { name: "保存" }));
    await desk.locator("li.fulfilled").first().waitFor();
  });

  await task("clerk", "登记检测结果，附报告照片", "Record a test with a photo of its report", async (hands) => {
    await hands.click(desk.getByRole("tab", { name: "核酸检测登记" }));
    const form = desk.locator('form[data-entry="test"]');
    await hands.type(form.locator('input[type="date"]'), "2021-02-01");
    await hands.click(form.getByLabel("阴性"));
    await hands.type(form.locator('input[type="text"]').last(), "区医院");
    await hands.click(form.getByRole("button", { name: "保存" }));
    await desk.locator(".el-timeline-item", { hasText: "核酸检测登记" }).waitFor();
    await hands.pick(desk.locator('input[data-paper="test-report"]'), { name: "报告.png", mimeType: "image/png", buffer: await photo(desk) });
    await desk.locator('[data-part="papers"]').getByText("报告.png").waitFor();
  });

  const { number: lost } = await stage.declared(village, { mobile: "15400000103" });
  await desk.goto(`${stage.base}/console/#/${lost}`);
  await desk.locator(".route").waitFor();
  await task("clerk", "不是本村的，转给邻村", "Forward what belongs to the neighbours", async (hands) => {
    await hands.click(desk.locator("summary", { hasText: "转出" }));
    await hands.choose(desk.locator("#to"), neighbour);
    await hands.type(desk.locator("#reason"), "住在邻村");
    await hands.click(desk.locator('[data-do="forward"]'));
    await desk.getByRole("heading", { name: "待办" }).waitFor();
  });

  const proof = await fetch(`${stage.base}/api/cases/residence-proof`, {
    method: "POST", headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() }, body: JSON.stringify({ name: "柳三", region: village, reason: "子女入学" }),
  });
  const { number: wanted } = await proof.json();
  await worklist();
  await task("clerk", "核实居住情况，开始公示", "Confirm that somebody lives here, and post it", async (hands) => {
    await hands.click(desk.getByRole("link", { name: wanted }));
    await signed(hands, "镇级审核");
  });

  const { number: ready } = await stage.declared(village, { mobile: "15400000104" });
  await advance(ready, reached, arrived, home);
  for (let day = 0; day < 14; day += 1) await desk.request.post(`${stage.base}/api/demo/next-day`);
  for (const day of ["2021-02-08", "2021-02-15"]) {
    const entry = await desk.request.post(`${stage.base}/api/cases/${ready}/entries/test`, { data: { sampled_on: day, result: "negative", laboratory: "区医院" } });
    assert.equal(entry.status(), 200, await entry.text());
  }
  await desk.reload();
  await worklist();
  await task("clerk", "满 14 天、两次阴性，解除监测", "Release somebody after fourteen days and two tests", async (hands) => {
    await hands.click(desk.getByRole("link", { name: ready }));
    await hands.click(desk.locator('[data-do="sign"]'));
    await desk.getByText("已办结").first().waitFor();
  });
  assert.deepEqual(desk.faults, []);
});

test("five tasks of a resident", { timeout: 120_000 }, async () => {
  const phone = await stage.phone();
  const { today } = await (await desk.request.get(`${stage.base}/api/me`)).json();
  const field = (pointer) => phone.locator(`[name="${pointer}"]`);
  await phone.goto(`${stage.base}/r/travel-declaration?at=${village}`);
  await task("resident", "扫码申报返乡", "Declare a journey home, from the code on the poster", async (hands) => {
    await hands.type(field("/name"), "柳二");
    await hands.type(field("/citizen_number"), "37150219540307001X");
    await hands.type(field("/mobile"), "15400000201");
    await hands.type(field("/origin/place"), "石家庄");
    await hands.click(field("/origin/risk").and(phone.locator('[value="low"]')));
    await hands.type(field("/destination/detail"), "前街3号");
    await hands.type(field("/arriving_on"), today);
    await hands.click(field("/transport").and(phone.locator('[value="car"]')));
    await hands.type(field("/companions"), "0");
    await hands.click(field("/consent"));
    await hands.click(phone.getByRole("button", { name: "提交" }));
    await phone.locator("dd.number").waitFor();
  });
  const receipt = phone.url();
  const number = (await phone.locator("dd.number").textContent()).trim();

  await task("resident", "改正填错的车次", "Correct the number of the train", async (hands) => {
    await hands.click(phone.getByRole("button", { name: "更正申报" }));
    await hands.type(field("/transport_number"), "G4567");
    await hands.click(phone.getByRole("button", { name: "提交" }));
    await phone.getByText("已保存").waitFor();
  });

  await advance(number, reached, { arrived_on: today }, home);
  await phone.goto(receipt);
  await task("resident", "在家报一次体温", "Report a temperature from home", async (hands) => {
    await hands.click(phone.locator("summary", { hasText: "早间体温报告" }));
    await hands.type(phone.locator('details[open] [name="/temperature"]'), "36.5");
    await hands.click(phone.locator("details[open] button"));
    await phone.getByText("已保存").waitFor();
  });

  await phone.goto(stage.base);
  await task("resident", "回执丢了，用手机号找回，看办到哪一步", "Find a lost receipt by phone number, and see where it stands", async (hands) => {
    await hands.click(phone.getByRole("link", { name: /找回回执/ }));
    await hands.type(phone.locator("#mobile"), "15400000201");
    await hands.click(phone.getByRole("button", { name: "发送验证码" }));
    const sent = await (await fetch(`${stage.base}/api/demo/outbox`)).json();
    await hands.type(phone.locator("#code"), sent.find((one) => one.to === "15400000201").text.match(/\d{6}/)[0]);
    await hands.click(phone.getByRole("button", { name: "查看" }));
    await hands.click(phone.getByRole("link", { name: number }));
    await phone.getByText("解除监测").waitFor();
  });

  await phone.goto(stage.base);
  await task("resident", "说“开证明”，申请居住证明", "Say that one needs a certificate, and apply for it", async (hands) => {
    await hands.type(phone.locator("#q"), "开证明");
    await hands.click(phone.getByRole("button", { name: "查找" }));
    await hands.click(phone.getByRole("link", { name: /居住证明/ }).first());
    await hands.type(field("/name"), "柳二");
    await hands.choose(field("/region"), village);
    await hands.type(field("/reason"), "子女入学");
    await hands.click(phone.getByRole("button", { name: "提交" }));
    await phone.locator("dd.number").waitFor();
  });
});

test("the table says what was measured", () => {
  assert.equal(measured.length, 15);
  if (process.env.YIZHAN_RENEW) writeFileSync(document, table());
  const written = new Map(readFileSync(document, "utf8").split("\n").filter((line) => /^\| \d/.test(line)).map((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    return [cells[2], Number(cells[4])];
  }));
  for (const { zh, clicks } of measured) {
    assert.ok(written.has(zh), `${zh} is not in docs/ease.md; renew it with YIZHAN_RENEW=1`);
    assert.ok(clicks <= written.get(zh), `${zh} takes ${clicks} clicks now, ${written.get(zh)} before`);
  }
});

const line = ({ zh, en, clicks, keys, waited, person }, place) => `| ${place + 1} | ${zh} | ${en} | ${clicks} | ${keys} | ${waited.toFixed(1)} | ${Math.round(person)} |`;

function table() {
  const of = (who) => measured.filter((one) => one.who === who).map(line).join("\n");
  const head = "| | 任务 | Task | 点击 clicks | 按键 keys | 等待秒 waiting, s | 人需秒 person, s |\n|---|---|---|---|---|---|---|";
  return `# 好不好用，数出来 · Ease, counted

\`tests/journey/ease.test.mjs\` 在 Chromium 里逐项走一遍，数点击和按键，量等待；点击数变多，测试就失败。“人需秒”按击键层模型
（Card、Moran、Newell，1980）估算：指向 1.1 秒、点击 0.2 秒、每次思考 1.35 秒，按键 0.5 秒（居民 1.2 秒），再加等待；它是估算，不是对真人的测量。
选下拉框算两次点击，选照片算两次，填一格算一次点击加按键。村经办人的任务从已登录的工作台开始。

Each task is walked in Chromium; clicks and keys are counted, waiting is measured (debug build, two shared cores), and a task that takes more
clicks than written here fails. "Person, s" is an estimate by the keystroke-level model, not a measurement of people. \`make ease\` renews it.

## 村经办人的十件日常事 · A village worker's ten daily tasks

${head}
${of("clerk")}

## 居民的五件事 · A resident's five

${head}
${of("resident")}
`;
}
