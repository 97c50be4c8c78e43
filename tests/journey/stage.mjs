// What the journeys share: the built program on a zone of its own, a browser, and what every page must be.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const program = process.env.YIZHAN_BIN ?? fileURLToPath(new URL("../../target/debug/yizhan", import.meta.url));
const pictures = fileURLToPath(new URL("out/", import.meta.url));

export const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** A citizen number with its check digit, of the seventeen digits before it. */
export const citizen = (front) => front + "10X98765432"[[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2].reduce((sum, weight, n) => sum + weight * Number(front[n]), 0) % 11];

/** A table of two households of a village, with a telephone; one row of it is wrong, and one column answers to nothing. */
export const households = (village, { name = "令狐", letter = "J", order = 0 } = {}) => {
  const home = (number) => `${number},${village},是,一般贫困户,因学,已脱贫,2020,30000.00,0,0,0,1200,是,是,是`;
  return [
    "户编号,行政村,是否建档立卡户,户属性,主要致贫原因,是否脱贫,收入年度,工资性收入,生产经营性收入,生产经营性支出,财产性收入,转移性收入,不愁吃,不愁穿,自来水,姓名,证件号码,联系电话,与户主关系,在校生状况,健康状况,微信号",
    `${home(`${letter}-1`)},${name}一,${citizen(`99010019630307${order}01`)},15400000077,户主,非在校生,健康,a1`,
    `${home(`${letter}-1`)},${name}二,${citizen(`99010019650307${order}02`)},,配偶,非在校生,健康,a2`,
    `${home(`${letter}-1`)},${name}三,${citizen(`99010019900307${order}03`)},,之子,非在校生,健康,a3`,
    `${home(`${letter}-2`)},独孤一,${citizen(`99010019610307${order}05`)},,户主,非在校生,健康,b1`,
    `${home(`${letter}-2`)},独孤二,${citizen(`99010019620307${order}06`).slice(0, 17)}?,,配偶,非在校生,健康,b2`,
  ].join("\n");
};

/** A browser; `more` are arguments of its own. */
export const launch = (more = []) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", ...more],
  });

/** A zone, the program on it, a browser before it. */
export class Stage {
  static async open({ people = 2600, config = "", browser = [] } = {}) {
    const stage = new Stage();
    mkdirSync(pictures, { recursive: true });
    stage.folder = mkdtempSync(join(tmpdir(), "yizhan-journey-"));
    stage.data = join(stage.folder, "data");
    const made = spawnSync(program, ["demo", "--data", stage.data, "--people", String(people)], { encoding: "utf8" });
    assert.equal(made.status, 0, made.stderr);
    stage.port = await freePort();
    stage.base = `http://127.0.0.1:${stage.port}`;
    stage.config = config;
    await stage.serve();
    stage.browser = await launch(browser);
    return stage;
  }

  async serve() {
    this.server = spawn(program, ["serve", "--data", this.data, "--listen", `127.0.0.1:${this.port}`, ...(this.config ? ["--config", this.config] : [])], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, YIZHAN_LOG: "warn" },
    });
    for (let tries = 0; ; tries += 1) {
      if (await fetch(`${this.base}/readyz`).then((answer) => answer.ok, () => false)) return;
      assert.ok(tries < 200, "the server did not become ready");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop() {
    if (!this.server || this.server.exitCode !== null) return;
    const ended = new Promise((resolve) => this.server.once("exit", resolve));
    this.server.kill("SIGTERM");
    await ended;
  }

  async close() {
    await this.browser?.close();
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A phone of 360 pixels with scripts off, or on. */
  phone(options = {}) {
    return this.browser.newPage({ viewport: { width: 360, height: 740 }, javaScriptEnabled: false, locale: "zh-CN", ...options });
  }

  /** A desk with somebody of the demonstration signed in. */
  async desk(login, options = {}) {
    const page = await this.browser.newPage({ viewport: { width: 1280, height: 800 }, locale: "zh-CN", reducedMotion: "reduce", ...options });
    page.faults = [];
    page.on("pageerror", (what) => page.faults.push(what.message));
    page.on("console", (line) => line.type() === "error" && !/status of 4\d\d/.test(line.text()) && page.faults.push(line.text()));
    if (login) {
      const entered = await page.request.post(`${this.base}/api/demo/sign-in`, { data: { login } });
      assert.equal(entered.status(), 200, await entered.text());
    }
    await page.goto(`${this.base}/console/`);
    return page;
  }

  /** A declaration to a village: its number and the address of its receipt. */
  async declared(village, changes = {}) {
    const form = {
      name: "柳二", citizen_number: "37150219540307001X", mobile: "15400000001",
      origin: { place: "河北省石家庄市", risk: "medium" }, destination: { region: village, detail: "前街3号" },
      arriving_on: "2021-02-01", transport: "train", nucleic_test: { has: false }, companions: 0, consent: true, notice_version: "2021-01",
      ...changes,
    };
    const answer = await fetch(`${this.base}/api/cases/travel-declaration`, {
      method: "POST", headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() }, body: JSON.stringify(form),
    });
    assert.equal(answer.status, 201, await answer.clone().text());
    const receipt = await answer.json();
    return { number: receipt.number, receipt: `${this.base}${receipt.page}` };
  }

  /** Brings a table into the register in somebody's name, if it is not there yet. */
  async brought(login, table) {
    const desk = await this.desk(login);
    const headers = { "content-type": "application/octet-stream", "idempotency-key": crypto.randomUUID() };
    const begun = await desk.request.post(`${this.base}/api/register/imports`, { data: Buffer.from(table), headers });
    assert.equal(begun.status(), 200, await begun.text());
    const { import: name } = await begun.json();
    for (let over = false; !over; { over } = await (await desk.request.get(`${this.base}/api/register/imports/${name}`)).json()) await desk.waitForTimeout(50);
    await desk.close();
  }

  /** The card of the household of whoever holds a telephone, opened by the code that is sent to it. */
  async cardOf(phone, mobile) {
    await phone.goto(`${this.base}/mine`);
    await phone.getByLabel("手机号码").fill(mobile);
    await phone.getByRole("button", { name: "发送验证码" }).click();
    const code = phone.getByLabel("短信里的六位数字");
    await code.waitFor();
    const sent = await (await phone.request.get(`${this.base}/api/demo/outbox`)).json();
    await code.fill(sent.find((one) => one.to === mobile && /验证码/.test(one.text)).text.match(/\d{6}/)[0]);
    await phone.getByRole("button", { name: "查看" }).click();
    return phone.locator('a[href^="/card/"]');
  }

  /** What a phone with scripts off shows, where the checks, which are scripts, can run. */
  async asChecked(shown) {
    if (!this.checked) {
      this.checked = await this.browser.newPage({ viewport: { width: 360, height: 740 }, locale: "zh-CN" });
      await this.checked.route("**/app.js", (route) => route.abort());
    }
    await this.checked.goto(`${this.base}/healthz`);
    await this.checked.setContent(await shown.content(), { waitUntil: "load" });
    return this.checked;
  }

  /** No serious fault of accessibility, no sideways scroll, no word of the other language; on a phone no target too small for a thumb. */
  async isEasy(shown, name, { phone = false, scripts = !phone, lang = "zh" } = {}) {
    await shown.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
    const page = scripts ? shown : await this.asChecked(shown);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${name} scrolls sideways by ${wide} px`);
    const faults = await page.evaluate(`(async () => { ${axe}; const found = await axe.run(document); return found.violations.filter((one) => ["serious", "critical"].includes(one.impact)).map((one) => one.id + ": " + one.nodes.map((node) => node.target.join(" ")).join(", ")); })()`);
    assert.deepEqual(faults, [], `${name} has serious faults`);
    assert.deepEqual(await foreign(page, lang), [], `${name} says something in the other language`);
    if (!phone) return;
    const small = await page.evaluate(() =>
      [...document.querySelectorAll("a, button, select, input:not([type=hidden])")]
        .filter((element) => !element.classList.contains("skip") && element.offsetParent !== null)
        .map((element) => ({ element, box: (element.closest("label") ?? element).getBoundingClientRect() }))
        .filter(({ box }) => box.height < 43.5)
        .map(({ element, box }) => `${element.outerHTML.slice(0, 80)} is ${box.height} px high`),
    );
    assert.deepEqual(small, [], `${name} has small targets`);
  }
}

/** Signs the step that waits on a case's page; the answer, when it came. */
export async function signed(desk, status = 200) {
  const answer = desk.waitForResponse((one) => one.url().endsWith("/steps"));
  await desk.locator('[data-do="sign"]').click();
  const said = await answer;
  assert.equal(said.status(), status, await said.text());
  return said;
}

/**
 * Text in the wrong language. What people wrote themselves (`translate="no"`), code, keys and the other language's own
 * name are as they are.
 */
export const foreign = (page, lang) =>
  page.evaluate((lang) => {
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const wrong = lang === "en" ? /\p{Script=Han}/u : /[A-Za-z]{4,}/;
    const names = /^(中文|English|Excel)$|导出 Excel|一站|yizhan verify/;
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const text = node.textContent.trim();
      const element = node.parentElement;
      const kept = element.closest('[translate="no"], code, kbd, pre, script, style, .link, .number');
      if (text && wrong.test(text) && !names.test(text) && (!kept || kept.getAttribute("translate") === "yes")) found.push(text.slice(0, 60));
    }
    return found;
  }, lang);

/** A photo as a camera makes it: a PNG of a sheet with lines, drawn by the browser. */
export async function photo(page, text = "核酸检测报告") {
  const url = await page.evaluate((text) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 900, height: 1200 });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fdfdf8";
    pen.fillRect(0, 0, 900, 1200);
    pen.fillStyle = "#222";
    pen.font = "48px sans-serif";
    pen.fillText(text, 240, 120);
    for (let line = 0; line < 14; line += 1) pen.fillRect(90, 220 + line * 62, 500 + ((line * 97) % 220), 14);
    return canvas.toDataURL("image/png");
  }, text);
  return Buffer.from(url.split(",")[1], "base64");
}
