// The list of the day, as those who walk by it use it: a helper calls on a household and the due is gone when it
// is signed; a doctor calls on somebody, and the village reads that a doctor comes and never why.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.mjs";

let stage;
before(async () => { stage = await Stage.open(); });
after(() => stage?.close());

const go = async (desk, path) => {
  await desk.goto(`${stage.base}/console/#${path}`);
  await desk.locator("main h1").first().waitFor();
  await desk.waitForLoadState("networkidle");
  await desk.locator(".el-skeleton").first().waitFor({ state: "detached" });
};
const read = async (desk, path) => (await desk.request.get(`${stage.base}${path}`)).json();
const dues = async (desk, subject, opens) => {
  const { entries } = await read(desk, "/api/day?limit=200");
  return entries.filter((entry) => entry.subject === subject).flatMap((entry) => entry.dues).filter((due) => due.opens === opens);
};
/** Submits the form that is open and comes to its case: its number. */
const submitted = async (desk) => {
  await desk.locator('form.card button[type="submit"]').click();
  const receipt = desk.locator('[data-part="receipt"] a.number');
  const number = await receipt.textContent();
  await receipt.click();
  await desk.locator("main h1").first().waitFor();
  return number;
};

test("a call on a household: from the list to its form, signed, and gone from the list", { timeout: 90_000 }, async () => {
  const office = await stage.desk("district");
  const staff = await read(office, "/api/demo/staff");
  const workers = staff.filter((one) => one.role === "village");
  let desk, entry;
  for (const { login } of workers) {
    desk = await stage.desk(login);
    entry = (await read(desk, "/api/day?limit=200")).entries.find((one) => one.about === "household" && one.dues.some((due) => due.opens === "home-visit"));
    if (entry) break;
    await desk.close();
  }
  assert.ok(entry, "somewhere a household waits for a call");
  await go(desk, "/day");
  await stage.isEasy(desk, "day");
  const stop = desk.locator(`[data-subject="${entry.subject}"]`);
  await stop.locator('[data-do="form"][href*="home-visit"]').click();
  await desk.locator("form.card").waitFor();
  assert.match(desk.url(), new RegExp(`household=${entry.subject}`), "whom it is about is known");
  const today = await desk.locator('input[type="date"]').first().getAttribute("id");
  await desk.locator(`#${today}`).fill("2021-02-01");
  // What is left out is named at its field, and nothing is sent.
  await desk.locator('form.card button[type="submit"]').click();
  await desk.locator(".fault").first().waitFor();
  await desk.locator('[id$="-found"]').fill("粮食够吃，慢病药在吃");
  const number = await submitted(desk);
  assert.match(number, /^HV-/);
  assert.ok((await dues(desk, entry.subject, "home-visit")).length, "what is only written down does not make it done");
  await desk.locator('[data-do="sign"]').click();
  await desk.locator('[data-do="sign"]').waitFor({ state: "detached" });
  assert.deepEqual(await dues(desk, entry.subject, "home-visit"), [], "the fact is there, and the due is gone");
  assert.deepEqual(desk.faults, []);
  await desk.close();
  await office.close();
});

test("the list is carried along on paper, and looked at for tomorrow", { timeout: 60_000 }, async () => {
  const desk = await stage.desk("v990100003205");
  await go(desk, "/day");
  const sum = async () => Number((await desk.locator('[data-part="sums"] strong').first().textContent()).replace(/\D/g, ""));
  const now = await sum();
  assert.ok(now > 0);
  await desk.locator('[data-do="on"]').fill("2021-03-31");
  await desk.locator('[data-part="sums"]', { hasText: "2021-03-31" }).waitFor();
  assert.ok((await sum()) >= now, "what is due stays due until somebody goes");
  await desk.emulateMedia({ media: "print" });
  assert.equal(await desk.locator('[data-do="form"]').first().isVisible(), false, "no buttons on paper");
  await desk.close();
  const phone = await stage.phone({ javaScriptEnabled: true });
  await phone.request.post(`${stage.base}/api/demo/sign-in`, { data: { login: "v990100003205" } });
  await phone.goto(`${stage.base}/console/#/day`);
  await phone.locator(".stop").first().waitFor();
  await phone.waitForLoadState("networkidle");
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `the list scrolls sideways by ${wide} px on a phone`);
  await phone.close();
});

test("a doctor's call: only the team reads what was measured, and a value too high is an alarm", { timeout: 120_000 }, async () => {
  let desk, due, entry;
  for (let n = 1; n <= 24 && !due; n++) {
    desk = await stage.desk(`doctor${n}`);
    for (entry of (await read(desk, "/api/day?limit=200")).entries) {
      due = entry.dues.find((one) => one.opens === "doctor-visit");
      if (due) break;
    }
    if (!due) await desk.close();
  }
  assert.ok(due, "a team that is to call on somebody");
  await go(desk, "/day");
  await stage.isEasy(desk, "doctor-day");
  await desk.locator(`[data-subject="${entry.subject}"] [data-do="form"][href*="doctor-visit"]`).first().click();
  await desk.locator("form.card").waitFor();
  const person = Number(new URL(desk.url().replace("#/", "")).searchParams.get("person"));
  await desk.locator('[id$="-done_on"]').fill("2021-02-01");
  await desk.getByRole("radio", { name: "高血压" }).check();
  await desk.locator('[id$="-systolic"]').fill("212");
  await desk.locator('form.card button[type="submit"]').click();
  await desk.locator(".fault").first().waitFor();
  await desk.locator('[id$="-diastolic"]').fill("118");
  const number = await submitted(desk);
  await desk.locator('[data-do="sign"]').waitFor();
  await stage.isEasy(desk, "doctor-visit");
  // Whoever was there signs for what was measured; somebody else of the team looks it through.
  await desk.locator('[data-do="sign"]').click();
  for (let tries = 0; (await read(desk, `/api/cases/${number}`)).step !== "review"; tries += 1) {
    assert.ok(tries < 50, "the visit is signed");
    await desk.waitForTimeout(100);
  }
  await go(desk, `/trend/${person}`);
  await desk.locator("[data-line] svg").first().waitFor();
  await stage.isEasy(desk, "trend");
  const { alarms } = await read(desk, `/api/cases/${number}`);
  assert.ok(alarms.length, "a pressure this high is an alarm at once");
  // The village: that a doctor comes, never why.
  const village = await stage.desk(`v${entry.area}`);
  const refused = await village.request.get(`${stage.base}/api/cases/${number}`);
  assert.ok([403, 404].includes(refused.status()), "the village cannot open the visit");
  const list = JSON.stringify(await read(village, "/api/day?limit=200"));
  assert.doesNotMatch(list, /高血压|糖尿病|精神障碍/, "no diagnosis on a village's list");
  assert.deepEqual(desk.faults, []);
  await village.close();
  await desk.close();
});
