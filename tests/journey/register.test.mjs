// The register, as an officer walks it: what is missing, the household it is about, the same on another day, the rule that
// says so, what another value of a figure would do, how tables come in, how changes are recorded, and the card of a household.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { households, Stage } from "./stage.mjs";

const clerk = "v990100003205";
let stage;

before(async () => {
  stage = await Stage.open();
});
after(() => stage?.close());

/** A desk that knows what it still waits for. */
async function open(login) {
  const desk = await stage.desk(login);
  desk.waits = new Set();
  desk.on("request", (request) => request.url().includes("/api/") && !request.url().endsWith("/live") && desk.waits.add(request));
  for (const end of ["requestfinished", "requestfailed"]) desk.on(end, (request) => desk.waits.delete(request));
  return desk;
}
/** Waits until everything that was asked for is read and drawn. */
async function settled(desk) {
  for (let quiet = 0; quiet < 4; quiet = desk.waits.size ? 0 : quiet + 1) await desk.waitForTimeout(75);
  await desk.locator(".el-skeleton").first().waitFor({ state: "detached" });
}
/** A household with something to mend by a case, and where it lies. */
async function mendable(desk) {
  const { rows } = await ask(desk, "/api/gaps?kind=standard,entitlement&limit=200");
  for (const row of rows.filter((one) => one.household)) {
    const whole = await ask(desk, `/api/households/${row.household}`);
    if (whole.parts.some((part) => part.verdicts.some((one) => one.opens && one.mend))) return whole;
  }
  assert.fail("nothing is to be mended");
}
/** What the server answers to whoever is signed in on a page. */
const ask = async (page, path) => (await page.request.get(`${stage.base}${path}`)).json();

test("from a number to the list, from the list to the household, to its rule and to the figure it reads", { timeout: 120_000 }, async () => {
  const desk = await open("district");
  await desk.getByRole("navigation").getByRole("link", { name: "缺口" }).click();
  await desk.locator('[data-part="kinds"] li').nth(4).waitFor();
  await settled(desk);
  await stage.isEasy(desk, "register-gaps");

  // A number narrows the list to what it counts.
  const duty = desk.locator('[data-kind="duty"]');
  const counted = (await duty.locator("strong").textContent()).replaceAll(",", "");
  await duty.click();
  await desk.getByText(`共 ${counted}`, { exact: true }).waitFor();
  assert.equal(await desk.locator('[data-do="kind"]').inputValue(), "duty");
  // A township unfolds to its villages; one of them narrows everything, and the way back is one click.
  const places = desk.locator('[data-part="places"]');
  await places.locator("[aria-expanded]").first().click();
  const first = places.locator("tr.under [data-place]").first();
  const name = await first.textContent();
  await first.click();
  await desk.locator("h1", { hasText: name }).waitFor();
  await settled(desk);
  assert.deepEqual([...new Set(await desk.locator('[data-part="gaps"] h3').allTextContents())].filter((one) => !one.endsWith(name)), []);
  await desk.locator('[data-do="whole"]').click();
  await desk.locator("h1", { hasText: "示范开发区" }).waitFor();
  // One rule of many, by how often it is not met.
  await desk.locator('[data-do="kind"]').selectOption("");
  await settled(desk);
  let most;
  for (const one of (await ask(desk, "/api/gaps?limit=1")).by_rule) {
    if (!(await ask(desk, `/api/gaps?rule=${one.rule}&limit=1`)).rows[0].household) continue;
    most = one;
    break;
  }
  await desk.locator('[data-do="rule"]').selectOption(most.rule);
  await desk.getByText(`共 ${most.gaps}`, { exact: true }).waitFor();
  await desk.locator('[data-do="which"]').selectOption("undue");
  await settled(desk);
  await desk.locator('[data-do="which"]').selectOption("");
  await desk.locator('[data-do="gap"]').first().click();

  // The household, at what was clicked.
  await desk.locator('[data-part="head"] h1').waitFor();
  assert.match(desk.url(), new RegExp(`/household/\\d+\\?at=\\d+-${most.rule}`));
  const verdict = desk.locator(`li.at[id$="-${most.rule}"]`);
  await verdict.waitFor();
  await desk.waitForFunction((rule) => document.querySelector(`li.at[id$="-${rule}"]`).getBoundingClientRect().top < innerHeight, most.rule);
  await settled(desk);
  await stage.isEasy(desk, "register-household");
  // What is in order says why too, once it is unfolded.
  await desk.locator('[data-part="household"] .fold[aria-expanded="false"]', { hasText: "✓" }).click();
  await desk.locator('[data-part="household"] .right .small').first().waitFor();

  // Its rule, with its text, its figures and its examples.
  await desk.goto(`${stage.base}/console/#/rules`);
  await desk.locator('[data-group="entitlement"]').waitFor();
  await settled(desk);
  await desk.locator('[data-do="find"]').fill("低保");
  await desk.locator('[data-do="find"]').fill("");
  await desk.locator('button[data-kind="entitlement"]').click();
  assert.equal(await desk.locator('[data-group="standard"]').count(), 0);
  await stage.isEasy(desk, "register-rules");
  await desk.locator('[data-rule="subsistence-allowance"] .title a').click();
  await desk.locator('[data-part="text"] pre', { hasText: "parameter.rural_subsistence_standard" }).first().waitFor();
  await desk.locator('[data-part="values"]').waitFor();
  await desk.locator('[data-part="examples"] details').first().locator("summary").click();
  await settled(desk);
  await stage.isEasy(desk, "register-rule");
  await desk.locator('[data-parameter="rural-subsistence-standard"]').click();

  // Another value, tried and not kept.
  await desk.locator('[data-do="value"]').waitFor();
  assert.equal(await desk.locator('[data-do="parameter"]').inputValue(), "rural-subsistence-standard");
  await settled(desk);
  const before = await ask(desk, "/api/catalog");
  const asked = desk.waitForRequest((request) => request.url().endsWith("/api/parameters/move") && request.postDataJSON().value === "9000.00");
  await desk.locator('[data-do="value"]').fill("9000");
  const answer = await (await (await asked).response()).json();
  await desk.locator('[data-how="enters"] strong', { hasText: new RegExp(`^${answer.whole.enters.toLocaleString("en-US")}$`) }).waitFor();
  await settled(desk);
  await stage.isEasy(desk, "register-slider");
  const slid = desk.waitForRequest((request) => request.url().endsWith("/api/parameters/move"));
  await desk.locator('[data-do="slide"]').focus();
  await desk.keyboard.press("ArrowRight");
  assert.match((await slid).postDataJSON().value, /^\d+\.00$/);
  await desk.locator('[data-do="value"]').fill("about right");
  await desk.getByRole("alert").waitFor();
  await desk.locator('[data-do="reset"]').click();
  await desk.getByText("和现行的一样").waitFor();
  assert.deepEqual(await ask(desk, "/api/catalog"), before, "nothing is saved");
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("a household on another day, as it was known then, and the case that mends it", { timeout: 120_000 }, async () => {
  const desk = await open("district");
  const whole = await mendable(desk);
  const household = whole.subject;
  await desk.goto(`${stage.base}/console/#/household/${household}`);
  await desk.locator("[data-opens]").first().waitFor();
  const today = await desk.locator('[data-do="day"]').inputValue();
  const slider = desk.locator('[data-do="time"]');

  // By the slider to the first day on which anything is known, by its date to the day before, and back.
  await slider.focus();
  await desk.keyboard.press("Home");
  await desk.locator('[data-part="head"]', { hasText: whole.changes[0].on }).waitFor();
  await desk.getByText("不是现在").waitFor();
  assert.equal(await desk.locator('[data-do="day"]').inputValue(), whole.changes[0].on);
  assert.equal(await desk.locator("[data-opens]").count(), 0, "what is past is not mended");
  await stage.isEasy(desk, "register-past");
  await desk.locator('[data-do="day"]').fill("2001-01-01");
  await desk.locator('[data-do="day"]').dispatchEvent("change");
  await desk.locator('[data-part="head"]', { hasText: "2001-01-01" }).waitFor();
  assert.match(desk.url(), /on=2001-01-01/);
  await desk.locator('[data-do="today"]').click();
  await desk.locator('[data-part="head"]', { hasText: today }).waitFor();
  await desk.locator("[data-opens]").first().waitFor();

  // As it was known after one of the acts that said something of it.
  await desk.locator('[data-part="known"] summary').click();
  const acts = desk.locator("#known-at option");
  await acts.nth(1).waitFor({ state: "attached" });
  await desk.locator("#known-at").selectOption({ index: 1 });
  await desk.waitForURL(/known_at=\d+/);
  await settled(desk);
  // Before anything was recorded nothing was known.
  await desk.goto(`${stage.base}/console/#/household/${household}?known_at=1`);
  await desk.reload();
  await desk.locator("p.past", { hasText: "只算到" }).waitFor();
  await settled(desk);
  assert.equal(await desk.locator('[data-part="household"] .facts tr').count(), 0);
  await stage.isEasy(desk, "register-known");
  await desk.locator("#known-at").selectOption("");
  await desk.locator('[data-part="household"] .facts tr').first().waitFor();

  // What is on the wall tells nothing of anybody's health.
  await desk.emulateMedia({ media: "print" });
  for (const row of await desk.locator('[data-attribute*="health"], [data-attribute*="disability"], [data-attribute*="mental"], [data-attribute*="chronic"], [data-attribute*="self-care"]').all()) assert.equal(await row.isVisible(), false);
  assert.equal(await desk.locator("[data-verdict]").first().isVisible(), false);
  assert.equal(await desk.getByRole("navigation").count(), 0);
  await desk.locator("h1 .on-paper", { hasText: "明白卡" }).waitFor();
  await desk.screenshot({ path: new URL("out/register-card.png", import.meta.url).pathname, fullPage: true });
  await desk.emulateMedia({ media: "screen" });

  // The case that mends it knows whom it is for; the name comes from the register, not from the address.
  const opens = desk.locator("[data-opens]").first();
  const place = await opens.locator("xpath=ancestor::li").getAttribute("id");
  const [subject] = place.split("-");
  const part = whole.parts.find((one) => String(one.subject) === subject);
  const service = await opens.getAttribute("data-opens");
  await opens.click();
  await desk.locator('[data-part="about"]').waitFor();
  assert.equal(await desk.locator("#service").inputValue(), service);
  assert.ok(!decodeURIComponent(desk.url()).includes(part.who || whole.who));
  const form = desk.locator("main form");
  // A change of the register names the head of the household, what is asked for somebody names them.
  const names = await form.getByLabel(/姓名/).first().inputValue();
  assert.ok([part.who, whole.who].includes(names), names);
  const chosen = () => form.locator("select").evaluateAll((all) => all.map((one) => one.value));
  assert.ok((await chosen()).includes(whole.area));
  await stage.isEasy(desk, "register-mend");
  for (const required of await form.locator('input[type="number"]').all()) await required.fill("2");
  // What is known is chosen already; of the rest the first will do.
  for (const group of await form.locator("fieldset").all()) {
    const ways = group.locator('input[type="radio"]');
    if ((await ways.count()) && !(await group.locator('input[type="radio"]:checked').count())) await ways.first().check();
  }
  const sent = desk.waitForRequest((request) => request.method() === "POST" && request.url().includes("/api/cases/"));
  await form.getByRole("button", { name: "提交" }).click();
  const body = (await sent).postDataJSON();
  assert.equal(body.household, household);
  assert.equal(place, `${body.person ?? household}-${body.rule}`);
  await desk.locator('[data-part="receipt"]').waitFor();
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("records in doubt are mended check by check", { timeout: 60_000 }, async () => {
  const desk = await open("district");
  await desk.getByRole("navigation").getByRole("link", { name: "信息核查" }).click();
  const check = desk.locator("[data-check]").first();
  await check.waitFor();
  const counted = (await check.locator("strong").textContent()).replaceAll(",", "");
  await check.click();
  await desk.getByText(`共 ${counted}`, { exact: true }).waitFor();
  await stage.isEasy(desk, "register-quality");
  await desk.locator('[data-do="all"]').click();
  await desk.locator('[data-do="gap"]').first().click();
  await desk.locator('[data-part="head"] h1').waitFor();
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("what is not there, not mine or not read says so", { timeout: 60_000 }, async () => {
  const [desk, district] = await Promise.all([stage.desk(clerk), stage.desk("district")]);
  const { rows } = await ask(district, "/api/gaps?area=990100001000&limit=200");
  const theirs = rows.find((row) => row.household).household;
  for (const path of ["/rules/no-such-rule", "/household/4000000", `/household/${theirs}`]) {
    await desk.goto(`${stage.base}/console/#${path}`);
    await desk.getByRole("alert").getByText("没有找到").waitFor();
  }
  await stage.isEasy(desk, "register-missing");
  let answer = (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ status: 503, code: "busy", title: "正忙", detail: "正忙，请稍后再试" }) });
  await desk.route("**/api/gaps?*", (route) => answer(route));
  await desk.goto(`${stage.base}/console/#/gaps`);
  await desk.getByRole("alert").getByText("正忙").waitFor();
  answer = (route) => route.continue();
  await desk.getByRole("button", { name: "重试" }).click();
  await desk.locator('[data-do="gap"]').first().waitFor();
  assert.equal(await desk.locator('[data-part="places"]').count(), 0, "a village has no parts");
  // Whoever keeps no register is not led to it.
  const auditor = await stage.desk("auditor");
  await auditor.getByRole("navigation").getByRole("link", { name: "账本" }).waitFor();
  assert.equal(await auditor.getByRole("navigation").getByRole("link", { name: "缺口" }).count(), 0);
  await Promise.all([desk.close(), district.close(), auditor.close()]);
});

const village = clerk.slice(1);
const table = households(village);
const csv = (text) => ({ name: "户表.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
/** Opens the menu of changes and takes one of it. */
async function change(desk, what) {
  await desk.locator('[data-do="change"]').click();
  await desk.locator(`[data-change="${what}"]`).first().click();
  await desk.locator('[data-part="about"]').waitFor();
  await settled(desk);
  assert.equal(await desk.locator("#service").inputValue(), what);
}

test("a table is brought in, its household is found, and what changes in it is recorded", { timeout: 180_000 }, async () => {
  const desk = await open(clerk);
  await desk.getByRole("navigation").getByRole("link", { name: "导入" }).click();
  // Whose headings tell nothing is asked what they hold.
  await desk.setInputFiles("#import-file", csv("甲,乙\n1,2"));
  await desk.locator('[data-do="import"]').click();
  await desk.locator('[data-part="columns"] select').nth(1).waitFor();
  await stage.isEasy(desk, "import-columns");
  // First what would happen, then the same in earnest: good rows go in, the bad one waits.
  await desk.setInputFiles("#import-file", csv(table));
  const many = (word) => desk.locator(`[data-count="${word}"] strong`).textContent();
  await desk.locator('[data-do="import"]').click();
  await desk.locator('[data-part="outcome"][data-over="true"]').waitFor();
  assert.deepEqual(await Promise.all(["wouldAdd", "wouldChange", "rowsSame", "rowsBad"].map(many)), ["4", "0", "0", "1"]);
  await stage.isEasy(desk, "import-checked");
  await desk.locator('[data-do="bring"]').click();
  await desk.locator('[data-part="outcome"][data-over="true"] [data-count="rowsAdded"]').waitFor();
  assert.deepEqual(await Promise.all(["rowsAdded", "rowsBad"].map(many)), ["4", "1"]);
  await desk.getByText("对的行已经写入").waitFor();
  await desk.locator('[data-part="ignored"]', { hasText: "微信号" }).waitFor();
  assert.match(await desk.locator('[data-part="bad"] tbody tr').textContent(), /^6.*身份证号/);
  const file = await desk.request.get(stage.base + (await desk.locator('[data-do="bad"]').getAttribute("href")));
  assert.equal(file.status(), 200);
  for (const lang of ["zh", "en"]) {
    await desk.evaluate((lang) => { document.cookie = `lang=${lang}; Path=/; SameSite=Lax`; }, lang);
    await desk.reload();
    await desk.setInputFiles("#import-file", csv(table));
    await desk.locator('[data-do="check"]').uncheck();
    await desk.locator('[data-do="import"]').click();
    await desk.locator('[data-part="outcome"][data-over="true"]').waitFor();
    assert.deepEqual(await Promise.all(["rowsAdded", "rowsSame"].map(many)), ["0", "4"], "what is known changes nothing");
    for (const [size, width] of [["desk", 1280], ["phone", 360]]) {
      await desk.setViewportSize({ width, height: 800 });
      await stage.isEasy(desk, `import-${lang}-${size}`, { lang });
    }
  }
  await desk.evaluate(() => { document.cookie = "lang=zh; Path=/; SameSite=Lax"; });
  await desk.setViewportSize({ width: 1280, height: 800 });
  await desk.reload();

  // The new household, by the name of its head.
  const find = async (name) => {
    await desk.getByRole("search").getByRole("textbox").fill(name);
    await desk.keyboard.press("Enter");
    await desk.locator('[data-part="found"]').getByRole("link", { name }).click();
    await desk.locator('[data-part="head"] h1').waitFor();
    await settled(desk);
  };
  await find("令狐一");
  const household = Number(desk.url().match(/household\/(\d+)/)[1]);
  const { parts } = await ask(desk, `/api/households/${household}`);
  const [, wife, son] = ["令狐一", "令狐二", "令狐三"].map((name) => parts.find((part) => part.who === name).subject);
  await desk.locator('[data-do="change"]').click();
  assert.equal(await desk.locator('[data-change="member-leaves"]').count(), 3, "one for each member");
  assert.equal(await desk.locator('[data-change="register-correction"]').count(), 0);
  await stage.isEasy(desk, "register-changes");
  await desk.setViewportSize({ width: 360, height: 740 });
  await stage.isEasy(desk, "register-changes-phone");
  await desk.setViewportSize({ width: 1280, height: 800 });
  await desk.locator(`[data-change="member-leaves"][data-person="${wife}"]`).click();
  await desk.locator('[data-part="about"]', { hasText: "令狐二" }).waitFor();
  await settled(desk);
  const form = desk.locator("main form");
  const send = async () => {
    const sent = desk.waitForRequest((request) => request.method() === "POST" && request.url().includes("/api/cases/"));
    await form.getByRole("button", { name: "提交" }).click();
    return (await sent).postDataJSON();
  };
  assert.equal(await form.getByLabel(/^户主姓名/).inputValue(), "令狐一");
  await form.getByText("婚出").click();
  await stage.isEasy(desk, "register-leaves");
  assert.deepEqual(await send(), { name: "令狐一", region: village, household, person: wife, left_for: "2" });
  await desk.locator('[data-part="receipt"]').waitFor();

  // A household splits: some of its members, one of whom is the new head.
  await find("令狐一");
  await change(desk, "household-split");
  await desk.locator(`[data-field="members"] [data-member="${son}"] input`).check();
  assert.equal(await desk.locator(`[data-field="head"] [data-member="${son}"] input`).isChecked(), true, "who is alone is the head");
  await desk.locator(`[data-field="members"] [data-member="${wife}"] input`).check();
  await desk.locator(`[data-field="head"] [data-member="${wife}"] input`).check();
  await desk.locator(`[data-field="members"] [data-member="${wife}"] input`).uncheck();
  await form.getByLabel(/^新户编号/).fill("J-3");
  await settled(desk);
  await stage.isEasy(desk, "register-split");
  assert.deepEqual(await send(), { name: "令狐一", region: village, household, members: [son], head: son, number: "J-3", registered: false });
  await desk.locator('[data-part="receipt"]').waitFor();

  // Households merge: the other one is found by the name of somebody who lives there.
  await find("令狐一");
  await change(desk, "household-merge");
  await desk.locator(`[data-field="members"] [data-member="${son}"] input`).check();
  await form.getByRole("button", { name: "提交" }).click();
  await form.locator(".field.wrong", { hasText: "并入哪一户" }).waitFor();
  await form.getByLabel(/^并入哪一户/).fill("独孤一");
  await desk.locator('[data-do="look"]').click();
  await desk.locator("[data-host] input").check();
  await stage.isEasy(desk, "register-merge");
  const host = Number(await desk.locator("[data-host]").getAttribute("data-host"));
  assert.notEqual(host, household);
  assert.deepEqual(await send(), { name: "令狐一", region: village, household, members: [son], host });
  await desk.locator('[data-part="receipt"]').waitFor();
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("a household opens its card by a telephone and says what is wrong on it, with scripts off", { timeout: 60_000 }, async () => {
  await stage.brought(clerk, table);
  const phone = await stage.phone();
  const card = await stage.cardOf(phone, "15400000077");
  await stage.isEasy(phone, "card-mine", { phone: true });
  await card.click();
  await phone.locator("h1", { hasText: "令狐一" }).waitFor();
  for (const name of ["令狐二", "令狐三"]) await phone.getByText(name).first().waitFor();
  await stage.isEasy(phone, "card", { phone: true });
  await phone.locator("#what").fill("令狐三已经工作");
  await phone.getByRole("button", { name: "这不对" }).click();
  await phone.getByText("信息更正").first().waitFor();
  assert.match(phone.url(), /\/c\/C-\d{8}-\d+/);
  await stage.isEasy(phone, "card-said", { phone: true });
  await phone.close();
});

test("every page of the register speaks both languages, in the light and in the dark, at a desk and on a phone", { timeout: 240_000 }, async () => {
  const desk = await open("district");
  const { rows } = await ask(desk, "/api/gaps?limit=200");
  const household = rows.find((row) => row.household).household;
  const pages = { gaps: "/gaps", household: `/household/${household}`, rules: "/rules", rule: "/rules/subsistence-allowance", check: "/rules/safe-housing", slider: "/slider", quality: "/quality", import: "/import" };
  for (const lang of ["zh", "en"]) {
    for (const dark of [false, true]) {
      await desk.evaluate(([lang, dark]) => {
        document.cookie = `lang=${lang}; Path=/; SameSite=Lax`;
        localStorage.setItem("theme", dark ? "dark" : "light");
      }, [lang, dark]);
      await desk.reload();
      for (const [name, path] of Object.entries(pages)) {
        await desk.setViewportSize(dark ? { width: 360, height: 740 } : { width: 1280, height: 800 });
        await desk.goto(`${stage.base}/console/#${path}`);
        await desk.locator("main h1").first().waitFor();
        await settled(desk);
        await stage.isEasy(desk, `register-${name}-${lang}-${dark ? "dark-phone" : "desk"}`, { lang });
      }
    }
  }
  assert.deepEqual(desk.faults, []);
  await desk.close();
});
