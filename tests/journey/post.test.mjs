// The remote desk's day: an answer found, a paper photographed with another phone, returned and accepted, invoices packed and
// followed to the door, a company opened by its handler and a code.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { photo, Stage } from "./stage.mjs";

const village = "990100001201";
const company = "91990100MA00000001";
let stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage?.close());

const asked = (mobile, more) => ({ region: village, taxpayer: "示范商贸公司", taxpayer_number: company, name: "柳三丰", mobile, ...more });
async function opened(service, form) {
  const headers = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
  const answer = await fetch(`${stage.base}/api/cases/${service}`, { method: "POST", headers, body: JSON.stringify(form) });
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
}
async function signed(desk, number, answers = {}) {
  const { version } = await (await desk.request.get(`${stage.base}/api/cases/${number}`)).json();
  const answer = await desk.request.post(`${stage.base}/api/cases/${number}/steps`, { data: { verb: "sign", version, answers } });
  assert.equal(answer.status(), 200, await answer.text());
}
async function attached(desk, number, paper) {
  const bytes = await photo(desk, paper);
  const begun = await desk.request.post(`${stage.base}/api/uploads`, { headers: { "upload-length": String(bytes.length) } });
  const address = begun.headers().location;
  const headers = { "upload-offset": "0", "content-type": "application/offset+octet-stream" };
  await desk.request.patch(`${stage.base}${address}`, { headers, data: bytes });
  const done = await desk.request.post(`${stage.base}/api/cases/${number}/papers/${paper}`, { data: { upload: address.split("/").pop() } });
  assert.equal(done.status(), 200, await done.text());
}
const easy = async (desk, name) => {
  for (const [size, width] of [["desk", 1280], ["phone", 360]]) {
    await desk.setViewportSize({ width, height: 800 });
    await stage.isEasy(desk, `post-${name}-${size}`, { lang: "zh" });
  }
  await desk.setViewportSize({ width: 1280, height: 800 });
};

test("a paper comes by another phone, is returned and accepted; the invoices are packed, sent and signed for", { timeout: 180_000 }, async () => {
  const receipt = await opened("invoice-receive", asked("15400000311", { kind: "ordinary", count: 25, delivery: "mail", address: "示范县前街3号" }));
  const desk = await stage.desk("desk");
  await desk.goto(`${stage.base}/console/#/knowledge`);
  await desk.locator('[data-do="sentence"]').fill("我要领用空白发票");
  await desk.locator('[data-do="ask"]').click();
  await desk.locator('[data-part="found"] [data-part="papers"]', { hasText: "身份证件" }).waitFor();
  await desk.locator('[data-do="sentence"]').fill("龙王爷的雨水费找谁退");
  await desk.locator('[data-do="ask"]').click();
  await desk.locator('[data-do="none"]').click();
  await desk.locator('[data-part="unanswered"] tr', { hasText: "雨水费" }).waitFor();
  await easy(desk, "knowledge");

  await desk.goto(`${stage.base}/console/#/${receipt.number}`);
  const line = (state) => desk.locator(`[data-line="identity"][data-state="${state}"]`);
  await line("missing").locator('[data-do="link"]').click();
  const link = await desk.locator('[data-part="link"] a').getAttribute("href");
  const phone = await stage.phone({ javaScriptEnabled: true });
  await phone.goto(link);
  await stage.isEasy(phone, "post-upload", { phone: true, scripts: true });
  await phone.locator("input[type=file]").setInputFiles({ name: "证件.png", mimeType: "image/png", buffer: await photo(phone, "身份证") });
  await phone.getByRole("button", { name: "上传" }).click();
  await phone.getByText("收到了，谢谢").waitFor();
  await phone.goto(link);
  await phone.getByText("已经用过或过期").waitFor();
  await desk.reload();
  await line("given").locator('[data-do="return"]').click();
  await desk.locator('[data-line="identity"] input').fill("缺背面");
  await desk.locator('[data-do="return-why"]').click();
  await line("returned").getByText("缺背面").waitFor();
  await easy(desk, "case");
  await phone.goto(`${stage.base}${receipt.page}`);
  await phone.getByText("需要重新提供").waitFor();
  await stage.isEasy(phone, "post-receipt", { phone: true, scripts: true });
  await attached(desk, receipt.number, "identity");
  await desk.reload();
  await line("given").locator('[data-do="accept"]').click();
  await line("accepted").waitFor();

  await signed(desk, receipt.number);
  await signed(desk, receipt.number, { count: 25 });
  await desk.reload();
  const run = await desk.locator('[data-part="delivery"] [data-part="run"]').textContent();
  assert.match(run, /990102100104 00010001–00010025/);
  await signed(desk, receipt.number, { by: "mail" });
  await desk.goto(`${stage.base}/console/#/parcels`);
  const row = desk.locator('[data-part="parcels"] tr', { hasText: receipt.number });
  await row.waitFor();
  for (let tries = 0; !/EA\d{9}CN/.test((await row.textContent()) ?? ""); tries += 1) {
    assert.ok(tries < 60, "the carrier gave no number");
    await desk.waitForTimeout(500);
    await desk.reload();
  }
  await easy(desk, "parcels");
  for (let day = 0; day < 2; day += 1) await desk.request.post(`${stage.base}/api/demo/next-day`);
  for (let tries = 0; ; tries += 1) {
    const page = await (await desk.request.get(`${stage.base}/api/cases/${receipt.number}`)).json();
    if (page.state === "completed") break;
    assert.ok(tries < 80, `it was not signed for: ${page.step}`);
    await desk.waitForTimeout(500);
  }
  await phone.goto(`${stage.base}${receipt.page}`);
  await phone.getByText("已签收").first().waitFor();
  await phone.close();
  assert.deepEqual(desk.faults, []);
});

test("a company opens by its handler and a code, and closes with the talk", { timeout: 120_000 }, async () => {
  const handler = await opened("company-handler", asked("15400000312", { from: "2021-02-01", until: "2021-12-31" }));
  const desk = await stage.desk("desk");
  for (const paper of ["licence", "letter", "identity"]) await attached(desk, handler.number, paper);
  await signed(desk, handler.number, { from: "2021-01-20", until: "2021-12-31" });
  const district = await stage.desk("district");
  await signed(district, handler.number);
  await desk.goto(`${stage.base}/console/#/companies`);
  const tell = async () => {
    await desk.getByRole("textbox", { name: "统一社会信用代码" }).fill(company);
    await desk.getByRole("textbox", { name: "经办人手机" }).fill("15400000312");
    await desk.locator('[data-do="send-code"]').click();
    await desk.locator('[data-part="needed"]', { hasText: "授权委托书" }).waitFor();
  };
  await tell();
  const code = desk.getByRole("textbox", { name: "对方读出的六位数字" });
  await code.fill("000000");
  await desk.locator('[data-do="prove"]').click();
  await desk.getByRole("alert").getByText("没有核验通过").waitFor();
  const sent = await (await desk.request.get(`${stage.base}/api/demo/outbox`)).json();
  await code.fill(sent.find((one) => one.to === "15400000312" && /正在核验/.test(one.text)).text.match(/\d{6}/)[0]);
  await desk.locator('[data-do="prove"]').click();
  await desk.locator('[data-part="company"]', { hasText: "示范商贸公司" }).waitFor();
  await easy(desk, "companies");
  await desk.locator('[data-do="close"]').click();
  await desk.getByText("没有打开的企业").waitFor();
  assert.deepEqual(desk.faults, []);
  await district.close();
});
