// The console, part by part: keys, several cases at once, parts of an area, papers, the account, both languages, dark.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { photo, Stage } from "./stage.mjs";

const village = "990100003205";
const clerk = `v${village}`;
let stage;

before(async () => {
  stage = await Stage.open();
});
after(() => stage?.close());

test("a worklist is worked by keys, and what arrives is told", { timeout: 120_000 }, async () => {
  const desk = await stage.desk(clerk);
  await desk.getByRole("heading", { name: "待办" }).waitFor();
  const { number } = await stage.declared(village, { name: "尉迟敬" });
  await desk.getByRole("link", { name: number }).waitFor();
  await desk.getByRole("button", { name: "消息 1" }).click();
  await desk.locator(".news a", { hasText: "尉迟敬" }).waitFor();
  assert.match(await desk.title(), /^\(1\)/);
  await desk.keyboard.press("Escape");
  await desk.locator("h1").click();
  await desk.keyboard.press("j");
  await desk.keyboard.press("j");
  const at = await desk.locator("tr.at a.number").textContent();
  await desk.keyboard.press("k");
  assert.notEqual(await desk.locator("tr.at a.number").textContent(), at);
  await desk.keyboard.press("x");
  assert.equal(await desk.locator("tr.at input").isChecked(), true);
  await desk.keyboard.press("Enter");
  await desk.locator(".route").waitFor();
  await desk.keyboard.press("n");
  await desk.getByText(at).first().waitFor();
  await desk.keyboard.press("b");
  await desk.keyboard.press("b");
  await desk.getByRole("heading", { name: "待办" }).waitFor();
  await desk.keyboard.press("/");
  await desk.keyboard.type("yuchj");
  await desk.keyboard.press("Enter");
  await desk.locator('[data-part="found"]').getByText("尉迟敬").waitFor();
  await stage.isEasy(desk, "found-desk");
  await desk.locator("h1").click();
  await desk.keyboard.press("?");
  await desk.getByRole("dialog", { name: "快捷键" }).waitFor();
  await stage.isEasy(desk, "keys");
  await desk.keyboard.press("Escape");
  await desk.keyboard.press("g");
  await desk.keyboard.press("c");
  await desk.getByRole("heading", { name: "办件" }).waitFor();
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("a request is made for somebody on the phone", { timeout: 60_000 }, async () => {
  const desk = await stage.desk(clerk);
  await desk.getByRole("navigation").getByRole("link", { name: "代办申请" }).click();
  await desk.locator("#service").selectOption({ label: "入鲁返鲁人员自主申报" });
  const form = desk.locator("main form");
  await form.getByLabel(/^姓名/).fill("司马昭");
  await form.getByRole("button", { name: "提交" }).click();
  await form.getByText("请填写这一项").first().waitFor();
  await stage.isEasy(desk, "new-wrong");
  const values = { 身份证号码: "37150219540307001X", 手机号码: "15400000091", 省市县: "北京市", 详细地址: "前街9号", 预计到达日期: "2021-02-03", 同行人数: "0" };
  for (const [label, value] of Object.entries(values)) await form.getByLabel(label, { exact: false }).first().fill(value);
  await form.getByLabel("低风险").check();
  await form.locator("select").last().selectOption(village);
  await form.getByLabel("自驾").check();
  await form.getByLabel(/已阅读告知书/).check();
  await form.getByRole("button", { name: "提交" }).click();
  const number = await desk.locator('[data-part="receipt"] .number').textContent();
  await desk.locator('[data-part="receipt"] .number').click();
  await desk.getByRole("heading", { name: new RegExp(`司马昭.*${number}`) }).waitFor();
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("a fever is told at once, and answered", { timeout: 60_000 }, async () => {
  const { number, receipt } = await stage.declared(village, { name: "长孙冬", mobile: "15400000081" });
  const desk = await stage.desk(clerk);
  for (const answers of [{ outcome: "reached" }, { arrived_on: "2021-02-01" }, { place: "home" }]) {
    const page = await (await desk.request.get(`${stage.base}/api/cases/${number}`)).json();
    await desk.request.post(`${stage.base}/api/cases/${number}/steps`, { data: { verb: "sign", version: page.version, answers } });
  }
  await desk.goto(`${stage.base}/console/#/`);
  await desk.getByRole("button", { name: /消息/ }).waitFor();
  const hand = await stage.phone();
  await hand.goto(receipt);
  await hand.locator("summary", { hasText: "晚间体温报告" }).click();
  await hand.locator('details[open] [name="/temperature"]').fill("38.2");
  await hand.locator("details[open] button").click();
  await hand.getByText("您报的体温偏高").waitFor();
  await stage.isEasy(hand, "receipt-fever", { phone: true });
  await desk.getByRole("button", { name: /消息/ }).click();
  await desk.locator(".news a", { hasText: "告警" }).first().click();
  await desk.locator(".alarm", { hasText: "38.2" }).waitFor();
  await stage.isEasy(desk, "case-alarm");
  await desk.getByRole("tab", { name: "告警处置" }).click();
  const form = desk.locator('form[data-entry="alarm-answer"]');
  await form.getByLabel("已送发热门诊").check();
  await form.getByRole("button", { name: "保存" }).click();
  await desk.locator(".alarm").waitFor({ state: "detached" });
  await desk.goto(`${stage.base}/console/#/`);
  await desk.getByRole("tab", { name: /告警/ }).click();
  await stage.isEasy(desk, "alarms");
  assert.deepEqual(desk.faults, []);
  await Promise.all([desk.close(), hand.close()]);
});

test("several cases move at once, after a look at what would become of each", { timeout: 120_000 }, async () => {
  const numbers = [];
  for (const mobile of ["15400000011", "15400000012", "15400000013"]) numbers.push((await stage.declared(village, { mobile })).number);
  const desk = await stage.desk(clerk);
  for (const number of numbers) await desk.getByRole("checkbox", { name: `选择 ${number}` }).check();
  // One of them is signed meanwhile, elsewhere.
  const page = await (await desk.request.get(`${stage.base}/api/cases/${numbers[0]}`)).json();
  await desk.route("**/api/worklist*", (route) => route.abort());
  const signed = await desk.request.post(`${stage.base}/api/cases/${numbers[0]}/steps`, { data: { verb: "sign", version: page.version, answers: { outcome: "reached" } } });
  assert.equal(signed.status(), 200);
  await desk.locator('[data-do="bulk"]').click();
  const dialog = desk.getByRole("dialog");
  await dialog.getByText("批量办理 · 3").waitFor();
  await desk.unroute("**/api/worklist*");
  assert.equal(await dialog.locator('[data-do="confirm"]').isDisabled(), true, "nothing is done before it was looked at");
  await dialog.getByRole("button", { name: "取消" }).click();
  await desk.reload();
  for (const number of numbers.slice(1)) await desk.getByRole("checkbox", { name: `选择 ${number}` }).check();
  await desk.locator('[data-do="bulk"]').click();
  assert.equal(await dialog.getByLabel("已接通").isChecked(), true, "a question with one answer is answered");
  await dialog.locator('[data-do="preview"]').click();
  await dialog.getByText("可以办理").nth(1).waitFor();
  await stage.isEasy(desk, "bulk");
  await dialog.locator('[data-do="confirm"]').click();
  await dialog.getByText("已办理").nth(1).waitFor();
  await dialog.getByRole("button", { name: "关闭" }).last().click();
  for (const number of numbers) {
    const after = await (await desk.request.get(`${stage.base}/api/cases/${number}`)).json();
    assert.equal(after.step, "arrive");
  }
  assert.deepEqual(desk.faults.filter((what) => !/Failed to (load|fetch)/.test(what)), []);
  await desk.close();
});

test("a township looks at a part of its area, the district at all of it, and numbers open", { timeout: 120_000 }, async () => {
  const desk = await stage.desk("district");
  await desk.getByRole("heading", { name: "待办" }).waitFor();
  await desk.getByRole("link", { name: "全局" }).click();
  await desk.locator(".chart svg").nth(2).waitFor();
  await stage.isEasy(desk, "overview");
  await desk.locator("summary", { hasText: "看数字" }).click();
  const row = desk.locator("details table").first().locator("tbody tr").first();
  const counted = Number(await row.locator("a").first().textContent());
  await row.locator("a").first().click();
  await desk.getByText(`共 ${counted}`, { exact: true }).waitFor();
  await stage.isEasy(desk, "cases");
  const file = desk.waitForEvent("download");
  await desk.getByRole("link", { name: "导出 Excel" }).click();
  assert.equal(readFileSync(await (await file).path()).subarray(0, 2).toString(), "PK");
  // The picture again, of one township only.
  await desk.goto(`${stage.base}/console/#/overview`);
  await desk.locator(".area .el-select__wrapper").click();
  await desk.getByRole("treeitem", { name: "北城街道" }).first().click();
  await desk.getByRole("heading", { name: /北城街道/ }).waitFor();
  await desk.locator("summary", { hasText: "看数字" }).click();
  await desk.locator("details table").first().getByText("桃塘村").waitFor();
  await desk.close();
});

test("papers go by pieces over a bad line, are drawn anew, and documents are drawn safely", { timeout: 120_000 }, async () => {
  const { number, receipt } = await stage.declared(village, { mobile: "15400000021" });
  const hand = await stage.phone({ javaScriptEnabled: true });
  await hand.goto(receipt);
  let lost = 0;
  await hand.route("**/api/uploads/*", (route) => (route.request().method() === "PATCH" && lost++ === 0 ? route.abort() : route.continue()));
  await hand.locator(".attach input[type=file]").setInputFiles({ name: "报告.png", mimeType: "image/png", buffer: await photo(hand) });
  await hand.getByRole("button", { name: "上传" }).click();
  await hand.getByText("已保存").waitFor({ timeout: 20_000 });
  assert.ok(lost > 1, "the first piece was lost and sent again");
  await stage.isEasy(hand, "receipt-paper", { phone: true, scripts: true });
  await hand.unroute("**/api/uploads/*");
  // The same without scripts, and a file that is none.
  const plain = await stage.phone();
  await plain.goto(receipt);
  await plain.locator(".attach input[type=file]").setInputFiles({ name: "a.png", mimeType: "image/png", buffer: Buffer.from("GIF89a") });
  await plain.getByRole("button", { name: "上传" }).click();
  await plain.getByText("只收照片").waitFor();

  const desk = await stage.desk(clerk);
  await desk.goto(`${stage.base}/console/#/${number}`);
  const papers = desk.locator('[data-part="papers"]');
  await papers.getByText("报告.png").waitFor();
  const pdf = documentOf("Hello from a document");
  await papers.locator("input[type=file]").setInputFiles({ name: "合同.pdf", mimeType: "application/pdf", buffer: pdf });
  await papers.getByText("合同.pdf").waitFor();
  await papers.getByRole("button", { name: /合同/ }).click();
  const sheet = desk.getByRole("dialog").locator("canvas");
  await sheet.waitFor();
  await desk.waitForFunction(() => {
    const canvas = document.querySelector("canvas");
    const pixels = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels && pixels.some((value, place) => place % 4 === 0 && value < 100);
  });
  await stage.isEasy(desk, "paper-pdf");
  await desk.getByRole("dialog").getByRole("button", { name: "关闭" }).last().click();
  await papers.getByRole("button", { name: /报告.png/ }).click();
  await desk.waitForFunction(() => document.querySelector("img.whole")?.naturalHeight > 500);
  await desk.getByRole("dialog").getByRole("button", { name: "关闭" }).last().click();
  await desk.reload();
  await desk.getByText("查看材料").first().waitFor();
  assert.deepEqual(desk.faults, []);
  await Promise.all([hand.close(), plain.close(), desk.close()]);
});

/** A document of one page that says something, whole with its table of places. */
function documentOf(text) {
  const drawn = `BT /F1 36 Tf 60 700 Td (${text}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let file = "%PDF-1.4\n";
  const places = objects.map((object, n) => {
    const place = file.length;
    file += `${n + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = file.length;
  file += `xref\n0 6\n0000000000 65535 f \n${places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("")}`;
  return Buffer.from(`${file}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`, "latin1");
}

/** The code of an authenticator (RFC 6238) for a secret in Base32. */
function codeOf(secret, at = Date.now()) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = digest[19] & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

test("an account has a second factor, sessions and a deputy", { timeout: 120_000 }, async () => {
  await stage.stop();
  const { spawnSync } = await import("node:child_process");
  const { program } = await import("./stage.mjs");
  const password = "three quiet rivers";
  const set = spawnSync(program, ["staff", "--data", stage.data, "--login", "t990100003000", "--name", "x", "--role", "township", "--area", "990100003000"], { input: `${password}\n`, encoding: "utf8" });
  assert.equal(set.status, 0, set.stderr);
  await stage.serve();
  const desk = await stage.desk();
  const enter = async (code) => {
    await desk.locator("#login").fill("t990100003000");
    await desk.locator("#password").fill(password);
    if (code) await desk.locator("#code").fill(code);
    await desk.getByRole("button", { name: "登录", exact: true }).click();
  };
  await enter();
  await desk.getByRole("heading", { name: "待办" }).waitFor();
  await desk.getByRole("navigation").getByRole("link", { name: "我的账号" }).click();
  const factor = desk.locator('[data-part="factor"]');
  await factor.locator("#proof").fill("wrong");
  await factor.getByRole("button", { name: "启用" }).click();
  await factor.getByText("密码不对").waitFor();
  await factor.locator("#proof").fill(password);
  await factor.getByRole("button", { name: "启用" }).click();
  await factor.locator(".scan svg").waitFor();
  const secret = await factor.locator(".secret").textContent();
  await factor.locator("#first").fill(codeOf(secret));
  await factor.getByRole("button", { name: "确认办理" }).click();
  await factor.getByText("已启用").waitFor();
  const recovery = await factor.locator(".codes code").allTextContents();
  assert.equal(recovery.length, 8);
  await stage.isEasy(desk, "account");
  // A colleague stands in from today.
  const deputy = desk.locator('[data-part="deputy"]');
  await deputy.locator("#deputy").selectOption("t990100003000b");
  await deputy.locator("#deputy-from").fill("2021-02-01");
  await deputy.locator("#deputy-until").fill("2021-02-05");
  await deputy.getByRole("button", { name: "委托" }).click();
  await deputy.getByText("2021-02-01 – 2021-02-05").waitFor();
  await desk.getByRole("button", { name: "退出登录" }).click();
  await enter();
  await desk.locator("#code").waitFor();
  await enter(recovery[0]);
  await desk.getByRole("heading", { name: "待办" }).waitFor();
  await desk.close();

  const colleague = await stage.desk("t990100003000b");
  await colleague.goto(`${stage.base}/console/#/account`);
  await colleague.locator("#whom").selectOption("t990100003000");
  await colleague.locator('[data-part="deputy"]').getByRole("button", { name: "确认办理" }).click();
  await colleague.getByText("(代").waitFor();
  await colleague.close();
});

test("a board opens its numbers, a list finds who has not declared, one line a temperature", { timeout: 120_000 }, async () => {
  const { number } = await stage.declared(village, { name: "公孙远", mobile: "15400000077", citizen_number: "11010519491231002X" });
  const desk = await stage.desk(clerk);
  await desk.goto(`${stage.base}/console/#/${number}`);
  const sign = async (next) => {
    await desk.locator('[data-do="sign"]').click();
    await desk.locator(".route .now", { hasText: next }).waitFor();
  };
  await sign("到达登记");
  await desk.locator('[data-part="now"] input[type="date"]').fill("2021-02-01");
  await sign("制定监测方案");
  await desk.locator('[data-part="plan"]').getByText("2021-02-15").waitFor();
  await desk.goto(`${stage.base}/console/#/reports`);
  const row = desk.locator("tr", { hasText: "公孙远" });
  await row.locator("input[data-temperature]").fill("99");
  await row.getByRole("button", { name: "保存" }).click();
  await row.locator(".fault").waitFor();
  await row.locator("input[data-temperature]").fill("365");
  await row.getByRole("button", { name: "保存" }).click();
  await row.waitFor({ state: "detached" });
  await stage.isEasy(desk, "reports");

  const district = await stage.desk("district");
  await district.goto(`${stage.base}/console/#/board`);
  const monitored = district.locator('[data-measure="monitored"] strong');
  await monitored.waitFor();
  const counted = Number(await monitored.textContent());
  await district.locator('[data-measure="monitored"]').click();
  await district.getByText(`共 ${counted}`).waitFor();
  await district.goBack();
  await district.locator(`[data-area="${village}"]`).click();
  await district.getByRole("link", { name: number }).waitFor();

  await district.goto(`${stage.base}/console/#/lists`);
  await district.locator("#list-supplier").fill("示范火车站");
  await district.locator("#list-basis").fill("第 3 号函");
  const list = "谁,电,生\n公孙远,15400000077,\n公孙小远,15400000077,\n令狐安,15400000078,\n";
  await district.setInputFiles("#list-file", { name: "list.csv", mimeType: "text/csv", buffer: Buffer.from(list) });
  await district.locator('[data-do="bring"]').click();
  const columns = district.locator('[data-part="columns"] select');
  await columns.nth(0).selectOption("name");
  await columns.nth(1).selectOption("mobile");
  await columns.nth(2).selectOption("birth");
  await district.locator("h1").click();
  await stage.isEasy(district, "lists-columns");
  await district.locator('[data-do="bring"]').click();
  const states = (name) => district.locator(`[data-state="${name}"] strong`);
  await district.locator('[data-state="declared"]', { hasText: "1" }).waitFor();
  assert.equal(await states("possible").textContent(), "1");
  await district.locator("h1").click();
  await stage.isEasy(district, "lists-rows");
  await district.locator('[data-do="other"]').click();
  await district.locator('[data-state="possible"]', { hasText: "0" }).waitFor();
  await district.locator('[data-do="follow"]').click();
  await district.locator('[data-state="followed"]', { hasText: "2" }).waitFor();

  await district.goto(`${stage.base}/console/#/plans`);
  await district.locator("#risk-source").fill("省疾控中心通告");
  await district.locator("#risk-areas").fill("石家庄市藁城区 高\n朝阳区 中");
  await district.locator('[data-do="preview"]').click();
  await district.locator("ul.refused li").waitFor();
  await district.locator("#risk-areas").fill("石家庄市藁城区 高\n北京市朝阳区 中");
  await district.locator('[data-do="preview"]').click();
  await district.locator('[data-part="touched"]').waitFor();
  await district.locator('[data-do="set"]').click();
  await district.locator('[data-part="holds"]').getByText("河北省石家庄市藁城区").waitFor();
  await district.locator("h1").click();
  await stage.isEasy(district, "plans-set");
  assert.deepEqual([...desk.faults, ...district.faults], []);
  await Promise.all([desk.close(), district.close()]);
});

test("every page of the console speaks both languages, in the light and in the dark, at a desk and on a phone", { timeout: 240_000 }, async () => {
  const { number } = await stage.declared(village, { mobile: "15400000031" });
  const pages = { worklist: "/", cases: "/cases", overview: "/overview", found: "/found", catalog: "/catalog", service: "/catalog/travel-declaration", account: "/account", new: "/new", board: "/board", lists: "/lists", posters: "/posters", plans: "/plans", case: `/${number}` };
  const desk = await stage.desk("district");
  const auditor = await stage.desk("auditor");
  for (const lang of ["zh", "en"]) {
    for (const dark of [false, true]) {
      for (const page of [desk, auditor]) {
        await page.evaluate(([lang, dark]) => {
          document.cookie = `lang=${lang}; Path=/; SameSite=Lax`;
          localStorage.setItem("theme", dark ? "dark" : "light");
        }, [lang, dark]);
        await page.reload();
      }
      for (const [name, path] of [...Object.entries(pages), ["journal", "/journal"]]) {
        const page = name === "journal" ? auditor : desk;
        await page.setViewportSize(dark ? { width: 360, height: 740 } : { width: 1280, height: 800 });
        await page.goto(`${stage.base}/console/#${path}`);
        await page.locator("main h1").waitFor();
        await page.waitForLoadState("networkidle");
        if (name === "catalog") await page.getByRole("tab").nth(1).click();
        await stage.isEasy(page, `${name}-${lang}-${dark ? "dark-phone" : "desk"}`, { lang });
      }
    }
  }
  assert.deepEqual([...desk.faults, ...auditor.faults], []);
  await Promise.all([desk.close(), auditor.close()]);
});

test("lists say that they are read, refused or failed", { timeout: 60_000 }, async () => {
  const desk = await stage.desk(clerk);
  let answer = (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ status: 503, code: "busy", title: "正忙", detail: "正忙，请稍后再试" }) });
  await desk.route("**/api/cases?*", (route) => answer(route));
  await desk.goto(`${stage.base}/console/#/cases`);
  await desk.getByRole("alert").getByText("正忙").waitFor();
  await stage.isEasy(desk, "state-failed");
  answer = (route) => route.continue();
  await desk.getByRole("button", { name: "重试" }).click();
  await desk.locator("table.rows tbody tr").first().waitFor();
  answer = (route) => route.fulfill({ status: 403, contentType: "application/problem+json", body: JSON.stringify({ status: 403, code: "forbidden", title: "没有权限", detail: "不在辖区内" }) });
  await desk.locator("select").first().selectOption("residence-proof");
  await desk.getByText("没有权限").waitFor();
  await stage.isEasy(desk, "state-refused");
  answer = () => {};
  await desk.locator("select").first().selectOption("");
  await desk.reload();
  await desk.locator(".el-skeleton").waitFor();
  await stage.isEasy(desk, "state-loading");
  await desk.close();
});

test("the console is small, and usable within two seconds", { timeout: 60_000 }, async (told) => {
  const desk = await stage.desk(clerk);
  const loaded = [];
  desk.on("response", async (response) => {
    if (response.url().includes("/console/")) loaded.push(response.body().then((body) => gzipSync(body).length, () => 0));
  });
  const began = Date.now();
  await desk.reload();
  await desk.locator("table.rows tbody tr").first().waitFor();
  told.diagnostic(`usable after ${Date.now() - began} ms`);
  const bytes = (await Promise.all(loaded)).reduce((sum, size) => sum + size, 0);
  told.diagnostic(`first load ${Math.round(bytes / 1000)} kB packed`);
  assert.ok(bytes > 50_000 && bytes <= 250_000, `${bytes} bytes`);
  const packed = await fetch(`${stage.base}/console/`, { headers: { "accept-encoding": "gzip" } });
  assert.equal(packed.headers.get("content-encoding"), "gzip");
  await desk.close();
});
