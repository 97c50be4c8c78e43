// Money, as officers move it: a batch is drawn up by rule and adjusted, stands on notice, is approved, goes to the bank, comes
// back, is paid again where it failed, and stands on the statement of whoever was paid.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { signed, Stage } from "./stage.mjs";

const township = "990100003000";
const clerk = "v990100003205";
const fund = "welfare";
let stage;
/** The batch that was paid, and one whom it paid: later tests look at them. */
let batch, payee;

before(async () => {
  stage = await Stage.open();
});
after(() => stage?.close());

/** A desk that knows what it still waits for. */
async function open(login, options) {
  const desk = await stage.desk(login, options);
  desk.waits = new Set();
  desk.on("request", (request) => request.url().includes("/api/") && !request.url().endsWith("/live") && desk.waits.add(request));
  for (const end of ["requestfinished", "requestfailed"]) desk.on(end, (request) => desk.waits.delete(request));
  return desk;
}
/** Waits until everything that was asked for is read and drawn. */
async function settled(desk) {
  for (let quiet = 0; quiet < 6; quiet = desk.waits.size ? 0 : quiet + 1) await desk.waitForTimeout(75);
  await desk.locator(".el-skeleton").first().waitFor({ state: "detached" });
}
/** What the lines of a case are. */
async function linesOf(desk, number) {
  const asked = await desk.request.post(`${stage.base}/api/cases/${number}/lines`, { data: { adjust: [] }, headers: { "idempotency-key": crypto.randomUUID() } });
  assert.equal(asked.status(), 200, await asked.text());
  return asked.json();
}
const go = async (desk, path) => {
  await desk.goto(`${stage.base}/console/#${path}`);
  await desk.locator("main h1").first().waitFor();
  await settled(desk);
};
const sum = (desk, which) => desk.locator(`[data-sum="${which}"] strong`).textContent();
/** The page as it is at a desk and on a phone. */
async function isEasy(desk, name, lang) {
  for (const [size, width] of [["desk", 1280], ["phone", 360]]) {
    await desk.setViewportSize({ width, height: 800 });
    await stage.isEasy(desk, `${name}-${size}`, { lang });
  }
  await desk.setViewportSize({ width: 1280, height: 800 });
}
const sign = async (desk) => {
  const said = await signed(desk);
  await settled(desk);
  return said.request().postDataJSON();
};

test("a batch is drawn up by rule, adjusted with a reason and signed", { timeout: 120_000 }, async () => {
  const desk = await open(`t${township}`);
  await go(desk, "/new?service=programme-batch");
  const form = desk.locator("main form");
  await desk.locator('[data-do="programme"] optgroup').nth(1).waitFor({ state: "attached" });
  assert.equal(await desk.locator('[data-do="programme"] option[value="asset-income"]').count(), 0, "what divides a total is a service of its own");
  await desk.locator('[data-do="programme"]').selectOption("rain-dew-grant");
  await desk.getByText("2021-H1").waitFor();
  await desk.locator('[data-do="programme"]').selectOption("elder-allowance");
  await desk.getByText("按月发放，发放期写成 2021-03 的样子").waitFor();
  await form.getByLabel(/^发放区域/).selectOption(township);
  await form.getByLabel(/^发放期/).fill("2021-01");
  await isEasy(desk, "money-new");
  await form.getByRole("button", { name: "提交" }).click();
  const link = desk.locator('[data-part="receipt"] a.number');
  batch = await link.textContent();
  await link.click();
  const lines = desk.locator('[data-part="lines"]');
  await lines.locator("[data-line]").first().waitFor();
  await settled(desk);
  const view = await linesOf(desk, batch);
  assert.ok(view.lines.length > 100, `${view.lines.length} lines`);
  assert.equal((await sum(desk, "sum")).replaceAll(",", ""), view.sum);
  await lines.getByText("示范开发区财政专户").waitFor();
  // A hundred at a time, found by name.
  const rows = lines.locator("table").first().locator("[data-line]");
  assert.equal(await rows.count(), 100);
  await lines.locator(".el-pager li").last().click();
  assert.equal(await rows.count(), view.lines.length - 100);
  const one = view.lines[3];
  await lines.locator('[data-filter="lines"] [data-do="filter"]').fill(one.who);
  await lines.locator(`[data-line="${one.subject}"]`).waitFor();
  assert.ok((await rows.count()) < 100);
  const row = lines.locator(`[data-line="${one.subject}"]`);
  await row.locator('[data-do="why"]').click();
  await lines.locator(".under", { hasText: "年龄" }).first().waitFor();

  // Both an amount and a reason, or nothing changes; and nothing is signed meanwhile.
  await row.locator('[data-do="adjust"]').click();
  const editor = lines.locator(`[data-editor="${one.subject}"]`);
  await editor.locator('[data-do="take"]').click();
  await editor.getByText("请写明理由").waitFor();
  await editor.getByLabel(/^金额/).fill("a lot");
  await editor.getByText("430.00").waitFor();
  assert.equal(await desk.locator('[data-do="sign"]').isDisabled(), true);
  await isEasy(desk, "money-editor");
  await editor.getByLabel(/^金额/).fill("80");
  await editor.getByLabel("理由").fill("补发上月少发的");
  await editor.getByLabel("理由").press("Enter");
  await editor.waitFor({ state: "detached" });
  await row.getByText("80.00").waitFor();
  await row.getByText("按规则 50.00").waitFor();
  await settled(desk);
  const more = (BigInt(view.sum.replace(".", "")) + 3000n).toString();
  assert.equal((await sum(desk, "sum")).replaceAll(/[,.]/g, ""), more);
  // Whoever is left out keeps their place, and may come back.
  await lines.locator('[data-do="filter"]').first().fill("");
  const gone = view.lines[5];
  const other = lines.locator(`[data-line="${gone.subject}"]`);
  await other.locator('[data-do="adjust"]').click();
  await lines.getByLabel(/^金额/).fill("0");
  await lines.getByLabel("理由", { exact: true }).fill("本人书面放弃");
  await lines.locator('[data-do="take"]').click();
  await lines.locator(`[data-line="${gone.subject}"][data-state="out"]`).waitFor();
  await settled(desk);
  assert.equal(await rows.nth(5).getAttribute("data-line"), String(gone.subject));
  await lines.locator('[data-do="shows"]').first().selectOption("adjusted");
  assert.equal(await rows.count(), 2);
  await isEasy(desk, "money-adjusted");
  await other.locator('[data-do="adjust"]').click();
  await lines.locator('[data-do="undo"]').click();
  await lines.locator(`[data-line="${gone.subject}"]`).waitFor({ state: "detached" });
  await settled(desk);
  const sent = await sign(desk);
  assert.deepEqual(sent.answers, { adjust: [{ subject: one.subject, amount: "80.00", reason: "补发上月少发的" }] });
  await desk.locator('[data-part="lines"][data-state="frozen"]').waitFor();
  assert.equal(await lines.locator('[data-do="adjust"]').count(), 0, "what was signed stays");
  await row.getByText("补发上月少发的").waitFor();
  await isEasy(desk, "money-frozen");
  payee = one;
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("shares of others follow an adjustment before the eyes", { timeout: 60_000 }, async () => {
  const desk = await open(clerk);
  const form = { region: clerk.slice(1), period: "2020", total: "800.00" };
  const opened = await desk.request.post(`${stage.base}/api/cases/income-distribution`, { data: form, headers: { "idempotency-key": crypto.randomUUID() } });
  assert.equal(opened.status(), 201, await opened.text());
  const { number } = await opened.json();
  await go(desk, `/${number}`);
  const lines = desk.locator('[data-part="lines"]');
  const before = await linesOf(desk, number);
  assert.ok(before.lines.length > 2);
  await lines.getByText("超过付款账户可用的钱").waitFor();
  const [first, second] = before.lines;
  await lines.locator(`[data-line="${first.subject}"] [data-do="adjust"]`).click();
  await lines.getByLabel(/^金额/).fill("1");
  await lines.getByLabel("理由", { exact: true }).fill("只领一元");
  await lines.locator('[data-do="take"]').click();
  await lines.getByText("其余各户的份额随调整重新分配").waitFor();
  await lines.locator(`[data-line="${second.subject}"] .computed`, { hasText: second.amount }).waitFor();
  assert.equal(await sum(desk, "sum"), "800.00", "the whole is divided");
  // More than there is to divide is refused, and what was there stays.
  await lines.locator(`[data-line="${second.subject}"] [data-do="adjust"]`).click();
  await lines.getByLabel(/^金额/).fill("900");
  await lines.getByLabel("理由", { exact: true }).fill("太多");
  await lines.locator('[data-do="take"]').click();
  await lines.getByRole("alert").getByText("超过总额").waitFor();
  assert.ok(await lines.locator("[data-line]").count());
  await isEasy(desk, "money-shares");
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("the district approves, the bank answers, what failed is paid again, the batch is settled", { timeout: 180_000 }, async () => {
  const moving = await stage.desk("district");
  for (let day = 0; day < 4; day += 1) assert.equal((await moving.request.post(`${stage.base}/api/demo/next-day`)).status(), 200);
  await moving.close();
  const desk = await open("district");
  await go(desk, `/${batch}`);
  const lines = desk.locator('[data-part="lines"]');
  await lines.locator("[data-line]").first().waitFor();
  await sign(desk);
  const bank = desk.locator('[data-part="bank"]');
  await bank.waitFor();
  assert.equal(await desk.locator('[data-entry="bank-reply"], [data-entry="pay-again"]').count(), 0, "the bank has a panel of its own");
  await isEasy(desk, "money-bank");

  /** Takes the file and makes the bank's answer of it. */
  const answer = async (result) => {
    const download = desk.waitForEvent("download");
    await bank.locator('[data-do="bank-file"]').click();
    const rows = readFileSync(await (await download).path(), "utf8").replace("\ufeff", "").trim().split("\r\n");
    assert.equal(rows[0], "流水号,收款人,开户银行,账号,金额,附言");
    const cells = rows.slice(1).map((row) => row.split(","));
    return { cells, file: { name: "回盘.csv", mimeType: "text/csv", buffer: Buffer.from(["流水号,金额,结果,失败原因", ...cells.map((row, n) => `${row[0]},${row[4]},${result(row, n)}`)].join("\n")) } };
  };
  const bring = async (file) => {
    await desk.setInputFiles("#bank-reply", file);
    await bank.locator('[data-do="bring-reply"]').click();
    await bank.locator('[data-part="reply"]').waitFor();
    await settled(desk);
  };
  const all = await linesOf(desk, batch);
  const first = await answer((row, n) => (n === 7 ? "失败,账号已销户" : "成功,"));
  assert.equal(first.cells.length, all.lines.length);
  const withAccount = first.cells.filter((row) => /^990100\d{13}$/.test(row[3])).length;
  assert.ok(withAccount < first.cells.length && withAccount > first.cells.length * 0.85, `${withAccount} of ${first.cells.length} have an account`);
  // A file that is no answer says so; rows that fit nothing are listed.
  await desk.setInputFiles("#bank-reply", { name: "别的.csv", mimeType: "text/csv", buffer: Buffer.from("甲,乙\n1,2\n") });
  await bank.locator('[data-do="bring-reply"]').click();
  await bank.getByRole("alert").getByText("流水号").waitFor();
  first.file.buffer = Buffer.from(`${first.file.buffer}\n999999,1.00,成功,`);
  await bring(first.file);
  assert.match(await bank.locator('[data-part="reply"]').textContent(), new RegExp(`${all.lines.length - 1} 到账.*1 失败.*对不上的行 1`));
  assert.equal(await sum(desk, "failed"), "1");
  await lines.locator('[data-do="shows"]').first().selectOption("failed");
  assert.equal(await lines.locator("[data-line]").count(), 1);
  await isEasy(desk, "money-failed");
  await bank.getByText("没有待付的笔").waitFor();

  // Only what failed is paid again, and the batch ends when all of it has arrived.
  await bank.locator("#again-why").fill("账号已更正");
  const again = desk.waitForRequest((request) => request.url().endsWith("/entries/pay-again"));
  await bank.locator('[data-do="pay-again"]').click();
  assert.deepEqual((await again).postDataJSON(), { why: "账号已更正" });
  await bank.locator('[data-do="bank-file"]').waitFor();
  await settled(desk);
  const second = await answer(() => "成功,");
  assert.equal(second.cells.length, 1);
  await bring(second.file);
  await desk.locator('[data-part="lines"][data-state="paid"]').waitFor();
  assert.equal(await sum(desk, "arrived"), await sum(desk, "sum"));
  await sign(desk);
  await desk.locator("main").getByText("已办结").first().waitFor();
  await isEasy(desk, "money-paid");
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("what somebody received stands on the household's card and on their statement", { timeout: 120_000 }, async () => {
  const desk = await open("district");
  await go(desk, `/household/${payee.household}`);
  const card = desk.locator('[data-part="received"]');
  await card.scrollIntoViewIfNeeded();
  const received = card.locator(`a[href$="/money/${payee.subject}/${fund}"]`);
  await received.waitFor();
  assert.equal(await received.textContent(), "80.00");
  await isEasy(desk, "money-household");
  await desk.emulateMedia({ media: "print" });
  assert.equal(await card.isVisible(), true, "it is printed on the card");
  assert.doesNotMatch(await card.textContent(), /\d{10}/, "no account's number stands on it");
  await desk.emulateMedia({ media: "screen" });

  await received.click();
  const transfers = desk.locator("[data-transfer]");
  await transfers.first().waitFor();
  assert.equal(await sum(desk, "held"), "80.00");
  assert.deepEqual(await Promise.all(["post", "pending"].map((phase) => desk.locator(`[data-phase="${phase}"]`).count())), [1, 1]);
  await transfers.first().getByText("老年人生活补贴").waitFor();
  await isEasy(desk, "money-statement");
  await desk.emulateMedia({ media: "print" });
  assert.equal(await desk.locator('[data-do="on"]').isVisible(), false);
  assert.equal(await desk.locator(".on-paper").isVisible(), true);
  await desk.screenshot({ path: new URL("out/money-printed.png", import.meta.url).pathname, fullPage: true });
  await desk.emulateMedia({ media: "screen" });
  // On a day before nothing had arrived.
  await desk.locator('[data-do="on"]').fill("2021-02-01");
  await desk.locator('[data-do="on"]').dispatchEvent("change");
  await desk.getByText("到这一天为止没有转账").waitFor();
  assert.equal(await sum(desk, "held"), "0.00");
  assert.match(desk.url(), /on=2021-02-01/);
  await desk.goBack();
  await desk.goto(`${stage.base}/console/#/money/${payee.subject}/${fund}`);
  await transfers.first().waitFor();
  // From the payee to whoever paid, to the case.
  await transfers.first().getByRole("link", { name: "示范开发区财政专户" }).click();
  await desk.locator("h1", { hasText: "示范开发区财政专户" }).waitFor();
  await settled(desk);
  assert.match(await sum(desk, "held"), /^−[\d,]+\.\d\d$/, "a treasury shows what it granted, below nothing");
  await transfers.first().getByRole("link", { name: batch }).click();
  await desk.locator("h1", { hasText: batch }).waitFor();
  assert.deepEqual(desk.faults, []);
  await desk.close();
});

test("whose account is not mine is not shown; who keeps the books sees that they balance", { timeout: 60_000 }, async () => {
  const desk = await open("v990100001201");
  await desk.goto(`${stage.base}/console/#/money/${payee.subject}/${fund}`);
  await desk.getByRole("alert").getByText("不在您的辖区内").waitFor();
  await desk.close();
  const auditor = await open("auditor");
  await auditor.getByRole("navigation").getByRole("link", { name: "资金" }).click();
  await auditor.locator(`[data-fund="${fund}"]`).getByText("借贷相等 0.00 ✓").waitFor();
  await settled(auditor);
  await isEasy(auditor, "money-audited");
  await auditor.goto(`${stage.base}/console/#/money/${payee.subject}/${fund}`);
  await auditor.locator("[data-transfer]").first().waitFor();
  assert.ok(!(await auditor.locator("main").textContent()).includes(payee.who), "an auditor reads no names");
  assert.deepEqual(auditor.faults, []);
  await auditor.close();
});

test("every page of money speaks both languages, in the light and in the dark, at a desk and on a phone", { timeout: 180_000 }, async () => {
  const desk = await open("district");
  const pages = { money: "/money", statement: `/money/${payee.subject}/${fund}`, batch: `/${batch}`, card: `/household/${payee.household}`, form: "/new?service=programme-batch" };
  for (const lang of ["zh", "en"]) {
    for (const dark of [false, true]) {
      await desk.evaluate(([lang, dark]) => {
        document.cookie = `lang=${lang}; Path=/; SameSite=Lax`;
        localStorage.setItem("theme", dark ? "dark" : "light");
      }, [lang, dark]);
      await desk.reload();
      for (const [name, path] of Object.entries(pages)) {
        await desk.setViewportSize(dark ? { width: 360, height: 740 } : { width: 1280, height: 800 });
        await go(desk, path);
        await stage.isEasy(desk, `money-${name}-${lang}-${dark ? "dark-phone" : "desk"}`, { lang });
      }
    }
  }
  assert.deepEqual(desk.faults, []);
  await desk.close();
});
