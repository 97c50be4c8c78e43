// Paying, as a resident does it: from the receipt of a vehicle tax on a phone without scripts to "paid"; a notification that gets
// lost is found by asking; the desk sees it, and the district what was taken in.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.mjs";

const village = "990100003205";
let stage;

before(async () => {
  stage = await Stage.open();
});
after(() => stage?.close());

/** A vehicle tax filed without an account: its number and the address of its receipt. */
async function filed() {
  const form = { region: village, taxpayer: "示范商贸公司", taxpayer_number: "91990100MA00000001", name: "柳一", mobile: "15400000001", vin: "LZYZZZZZZZZ000001", kind: "ordinary", bought: "2021-01-20", price: "113000.00" };
  const answer = await fetch(`${stage.base}/api/cases/vehicle-tax`, { method: "POST", headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() }, body: JSON.stringify(form) });
  assert.equal(answer.status, 201, await answer.clone().text());
  const receipt = await answer.json();
  return { number: receipt.number, receipt: `${stage.base}${receipt.page}` };
}

test("a vehicle tax is paid on a phone without scripts", async () => {
  const { number, receipt } = await filed();
  const phone = await stage.phone();
  await phone.goto(receipt);
  await phone.getByRole("link", { name: "去付款 · 10000.00 元" }).click();
  await stage.isEasy(phone, "pay-before", { phone: true });
  await phone.getByRole("button", { name: /去付款/ }).click();
  await phone.locator("#wechat svg").waitFor();
  assert.equal(await phone.locator(".pay-code").count(), 2, "either way");
  await stage.isEasy(phone, "pay-codes", { phone: true });
  const payer = await stage.phone();
  await payer.goto(await phone.locator("#wechat a.button").getAttribute("href"));
  assert.match(await payer.locator(".sum").textContent(), /10000\.00/);
  await payer.getByRole("button", { name: "确认付款 Pay" }).click();
  await payer.getByText("支付成功").waitFor();
  // The page looks again by itself.
  await phone.locator(".paid").waitFor({ timeout: 20_000 });
  assert.equal(await phone.locator(".pay-code").count(), 0, "no code is left to scan");
  await stage.isEasy(phone, "pay-paid", { phone: true });
  await phone.getByRole("link", { name: "回到回执" }).click();
  assert.ok(await phone.getByText(number).first().isVisible());
  await payer.goBack();
});

test("a lost notification is found by asking, and nobody pays twice", async () => {
  const { receipt } = await filed();
  const phone = await stage.phone();
  await phone.goto(receipt);
  await phone.getByRole("link", { name: /去付款/ }).click();
  await phone.getByRole("button", { name: /去付款/ }).click();
  const link = await phone.locator("#alipay a.button").getAttribute("href");
  const payer = await stage.phone();
  await payer.goto(link);
  await payer.getByRole("button", { name: /通知丢失/ }).click();
  await payer.getByText("支付成功").waitFor();
  assert.equal(await phone.locator(".pay-code").count(), 2, "nobody has told us");
  await phone.locator(".paid").waitFor({ timeout: 40_000 });
  assert.match(await phone.locator(".paid").textContent(), /已付款 10000\.00 元/);
});

test("the desk shows a code and the district sees what was taken in", async () => {
  const { number } = await filed();
  const desk = await stage.desk("district");
  await desk.goto(`${stage.base}/console/#/${number}`);
  await desk.locator('[data-part="payment"] [data-sum="due"]').waitFor();
  await desk.locator('[data-pay="wechat"]').click();
  await desk.locator('[data-code="wechat"] img').waitFor();
  await desk.goto(`${stage.base}/console/#/takings`);
  await desk.locator('[data-part="days"] [data-channel="wechat"] a').first().click();
  const row = desk.locator("[data-entry]").first();
  await row.waitFor();
  assert.equal(await row.getAttribute("data-compared"), "booked", "the bill comes tomorrow");
  // Before ten in the morning the bill of the day before yesterday is the latest.
  for (const _ of [1, 2]) await fetch(`${stage.base}/api/demo/next-day`, { method: "POST" });
  for (let tries = 0; tries < 30 && (await row.getAttribute("data-compared")) !== "same"; tries += 1) {
    await desk.waitForTimeout(1000);
    await desk.reload();
    await row.waitFor();
  }
  assert.equal(await row.getAttribute("data-compared"), "same", "and names the same sum");
  await stage.isEasy(desk, "takings", { lang: "zh" });
  await row.getByRole("link").click();
  await desk.locator('[data-part="payment"] [data-order]').waitFor();
  await stage.isEasy(desk, "pay-case", { lang: "zh" });
  assert.deepEqual(desk.faults, []);
});
