// A worker's phone: enrolled once, then a day with the network really cut. A visit with two photos is filled in, the page is
// loaded again without a network, the line comes back and breaks in the middle of a photo; it arrives once. Then the phone is lost.
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { after, before, test } from "node:test";
import { photo, Stage } from "./stage.mjs";

const PIN = "24681357";
const LOGIN = "v990100001208";
let stage, line;

/** The line between the phone and the server: it can be closed, and it can break after so many bytes. */
class Line {
  open = true;
  breaks = [];
  broken = 0;
  sockets = new Set();

  async to(port) {
    this.server = createServer((near) => {
      if (!this.open) return near.destroy();
      const far = connect(port, "127.0.0.1");
      this.sockets.add(near);
      let bytes = 0;
      near.on("data", (part) => {
        bytes += part.length;
        if (this.breaks.length && bytes > this.breaks[0]) {
          this.breaks.shift();
          this.broken += 1;
          near.destroy();
          far.destroy();
          return;
        }
        far.write(part);
      });
      far.on("data", (part) => near.write(part));
      for (const [one, other] of [[near, far], [far, near]]) {
        one.on("error", () => other.destroy());
        one.on("close", () => { other.destroy(); this.sockets.delete(near); });
      }
    });
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.base = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  close() {
    this.open = false;
    for (const socket of this.sockets) socket.destroy();
  }
}

before(async () => {
  stage = await Stage.open();
  line = await new Line().to(stage.port);
});
after(async () => {
  line?.close();
  line?.server.close();
  await stage?.close();
});

async function phoneOf(login, name) {
  line.open = true;
  line.breaks = [];
  const context = await stage.browser.newContext({
    viewport: { width: 390, height: 780 }, locale: "zh-CN", reducedMotion: "reduce",
    geolocation: { latitude: 34.12345, longitude: 108.54321 }, permissions: ["geolocation"],
  });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (what) => page.faults.push(what.message));
  await page.goto(`${line.base}/field/`);
  await page.locator("#login option").first().waitFor({ state: "attached" });
  await page.locator("#login").selectOption(login);
  await page.getByLabel("给手机起个名").fill(name);
  await page.locator('[data-do="enrol"]').click();
  await page.locator('[data-part="pin"]').waitFor();
  return { context, page };
}

async function sealed(page) {
  await page.locator("#pin").fill(PIN);
  await page.locator("#pin-again").fill(PIN);
  await page.locator('[data-do="seal"]').click();
  await page.locator('main[data-shown="day"] [data-place]').first().waitFor({ timeout: 20_000 });
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(async () => (await caches.match("/field/")) !== undefined);
}

async function unlocked(page) {
  await page.locator('[data-part="lock"] #pin').fill(PIN);
  await page.locator('[data-do="unlock"]').click();
  await page.locator('main[data-shown="day"]').waitFor({ timeout: 20_000 });
}

/** Everything that the phone keeps, as text: what is plain in it would be found. */
const kept = (page) =>
  page.evaluate(async () => {
    const db = await new Promise((resolve) => { const asked = indexedDB.open("yizhan.field"); asked.onsuccess = () => resolve(asked.result); });
    const all = await Promise.all([...db.objectStoreNames].map((name) => new Promise((resolve) => { const asked = db.transaction(name).objectStore(name).getAll(); asked.onsuccess = () => resolve(asked.result); })));
    db.close();
    const text = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? new TextDecoder("utf-8").decode(value) : value instanceof CryptoKey ? `key extractable=${value.extractable}` : value && typeof value === "object" ? Object.values(value).map(text).join("\n") : String(value);
    return all.map(text).join("\n");
  });
const left = (page) => page.evaluate(async () => ({ databases: (await indexedDB.databases()).map((one) => one.name), caches: await caches.keys(), workers: (await navigator.serviceWorker.getRegistrations()).length }));

const worker = async () => {
  const desk = await stage.browser.newContext();
  await desk.request.post(`${stage.base}/api/demo/sign-in`, { data: { login: LOGIN } });
  return desk.request;
};
const visitsThere = async () => (await (await (await worker()).get(`${stage.base}/api/cases?service=home-visit&limit=200`)).json());

test("a visit is filled in without a network, survives a reload, and arrives once over a line that breaks", { timeout: 180_000 }, async () => {
  const { context, page } = await phoneOf(LOGIN, "下乡手机");
  await stage.isEasy(page, "field-pin", { phone: true, scripts: true });
  for (const weak of ["123456", "111111"]) {
    await page.locator("#pin").fill(weak);
    await page.locator("#pin-again").fill(weak);
    await page.locator('[data-do="seal"]').click();
    await page.getByRole("alert").filter({ hasText: "太容易猜" }).waitFor();
  }
  await sealed(page);
  await stage.isEasy(page, "field-day", { phone: true, scripts: true });
  const before = (await visitsThere()).total;

  // The network is gone: for the browser, and at the other end of the line.
  await context.setOffline(true);
  line.close();
  await page.locator('[data-part="line"].off').waitFor();
  await page.reload();
  await unlocked(page);
  const place = page.locator("[data-place]").first();
  const who = await place.locator("strong").textContent();
  await place.locator("button").click();
  const form = page.locator('[data-form="home-visit"]');
  await form.locator('[data-do="fill"]').click();
  assert.equal(await form.locator('[data-control="subject"], select').count(), 0, "what is known is not asked");
  await page.locator('[data-do="hand-in"]').click();
  await form.getByText("请填写").waitFor();
  await form.getByLabel("走访情况").fill("粮食够吃，慢病药在吃，秘密标记");
  for (const text of ["厨房", "水表"]) {
    const shots = await form.locator("figure").count();
    await form.locator('input[type="file"]').setInputFiles({ name: `${text}.png`, mimeType: "image/png", buffer: await photo(page, text) });
    await form.locator("figure").nth(shots).waitFor();
  }
  await stage.isEasy(page, "field-visit", { phone: true, scripts: true });
  // The phone dies in the middle: what was filled in is there again.
  await page.reload();
  await unlocked(page);
  await page.locator('[data-place] .tag.draft').first().waitFor();
  await page.locator("[data-place]", { hasText: "没填完" }).first().locator("button").click();
  assert.equal(await form.getByLabel("走访情况").inputValue(), "粮食够吃，慢病药在吃，秘密标记");
  assert.equal(await form.locator("figure").count(), 2);
  await page.locator('[data-do="hand-in"]').click();
  await page.locator('[data-visit="queued"]', { hasText: "未发送" }).waitFor();
  await stage.isEasy(page, "field-queue", { phone: true, scripts: true });
  const plain = await kept(page);
  assert.ok(plain.includes("key extractable=false") && !plain.includes("extractable=true"));
  for (const secret of ["秘密标记", "入户走访", who]) assert.ok(!plain.includes(secret), `${secret} lies open on the phone`);

  // It comes back, and breaks in the middle: after the form, in the first photo, in the second.
  line.open = true;
  line.breaks = [6_000, 14_000, 9_000];
  await context.setOffline(false);
  await page.locator('[data-visit="sent"]', { hasText: "已送达" }).waitFor({ timeout: 60_000 });
  assert.ok(line.broken >= 2, `the line broke ${line.broken} times`);
  await page.getByText("照片已送达 2 / 2").waitFor();
  const after = await visitsThere();
  assert.equal(after.total, before + 1, "one visit, however often it was sent");
  const number = await page.locator('[data-visit="sent"] .number').nth(1).textContent();
  const asked = await worker();
  const { papers } = await (await asked.get(`${stage.base}/api/cases/${number}/papers`)).json();
  assert.equal(papers.length, 2, "two photos, each once");
  assert.equal(new Set(papers.map((one) => one.hash)).size, 2);
  for (const one of papers) {
    assert.equal(one.place, "34.12345,108.54321");
    assert.ok(one.bytes > 2_000 && Math.max(one.width, one.height) <= 1280, JSON.stringify(one));
    assert.ok(Math.abs(Date.parse(one.taken) - Date.now()) < 180_000, one.taken);
  }
  // What has arrived lies on the phone no more.
  await page.locator('[data-do="send"]').click();
  await page.locator('[data-do="send"]:not([disabled])').waitFor();
  assert.equal(await page.evaluate(() => new Promise((resolve) => { const asked = indexedDB.open("yizhan.field"); asked.onsuccess = () => { const names = asked.result.transaction("sealed").objectStore("sealed").getAllKeys(); names.onsuccess = () => { asked.result.close(); resolve(names.result.filter((one) => one.startsWith("photo/")).length); }; }; })), 0);

  // A colleague was there on the same day: both stay, and the phone, the case and the household say so.
  const household = (await (await asked.get(`${stage.base}/api/cases/${number}`)).json()).answers;
  const office = await stage.browser.newContext();
  await office.request.post(`${stage.base}/api/demo/sign-in`, { data: { login: "district" } });
  const second = await office.request.post(`${stage.base}/api/cases/home-visit`, { data: { ...household, found: "一切正常" }, headers: { "idempotency-key": "other" } });
  assert.equal(second.status(), 201, await second.text());
  await page.locator('[data-do="send"]').click();
  await page.locator('[data-do="send"]:not([disabled])').waitFor();
  await page.locator('[data-do="day"]').click();
  await page.locator("[data-place]", { hasText: "已送达" }).first().locator("button").click();
  await page.locator('[data-part="same-day"]').waitFor();
  const desk = await stage.desk(LOGIN);
  await desk.goto(`${stage.base}/console/#/${number}`);
  await desk.locator('[data-part="same-day"]', { hasText: (await second.json()).number }).waitFor();
  await desk.goto(`${stage.base}/console/#/household/${household.household}`);
  await desk.locator('[data-part="visits"] [data-others="1"]').nth(1).waitFor();
  assert.deepEqual(desk.faults, []);

  // The phone is lost: whoever watches over phones revokes it, and it wipes itself with its next contact, locked as it is.
  await page.reload();
  await page.locator('[data-part="lock"]').waitFor();
  const watch = await stage.desk("district");
  await watch.goto(`${stage.base}/console/#/phones`);
  await watch.locator('[data-phone="good"] [data-do="revoke"]').first().waitFor();
  await stage.isEasy(watch, "field-phones");
  await watch.locator('[data-phone="good"] [data-do="revoke"]').first().click();
  await watch.locator('[data-phone="revoked"]').waitFor();
  await context.setOffline(true);
  await context.setOffline(false);
  await page.locator('main[data-shown="wiped"]', { hasText: "已被停用" }).waitFor({ timeout: 20_000 });
  await stage.isEasy(page, "field-wiped", { phone: true, scripts: true });
  assert.deepEqual(await left(page), { databases: [], caches: [], workers: 0 });
  assert.deepEqual(page.faults, []);
});

test("a phone that is open when it is revoked wipes itself with its next sending", { timeout: 90_000 }, async () => {
  const { page } = await phoneOf(LOGIN, "第二部");
  await sealed(page);
  const asked = await worker();
  const [own] = await (await asked.get(`${stage.base}/api/field/phones`)).json();
  assert.equal((await asked.post(`${stage.base}/api/field/phones/${own.phone}/revoke`)).status(), 204);
  await page.locator('[data-do="queue"]').click();
  await page.locator('[data-do="send"]').click();
  await page.locator('main[data-shown="wiped"]', { hasText: "已被停用" }).waitFor({ timeout: 20_000 });
  assert.deepEqual((await left(page)).databases, []);
});

test("a wrong PIN is counted and waited for, and the tenth wipes the phone", { timeout: 120_000 }, async () => {
  const { page } = await phoneOf(LOGIN, "捡到的手机");
  await sealed(page);
  await page.clock.install();
  await page.reload();
  const lock = page.locator('[data-part="lock"]');
  await lock.waitFor();
  await stage.isEasy(page, "field-lock", { phone: true, scripts: true });
  for (let wrong = 1; wrong < 10; wrong += 1) {
    await lock.locator("#pin").fill("97531864");
    await lock.locator('[data-do="unlock"]').click();
    await lock.locator("[data-left]", { hasText: new RegExp(`^${10 - wrong}$`) }).waitFor();
    if (wrong < 3) continue;
    assert.equal(await lock.locator('[data-do="unlock"]').isDisabled(), true, `after ${wrong} wrong ones the next is waited for`);
    if (wrong === 4) {
      // Beginning anew gains nothing.
      await page.reload();
      await lock.getByText("还可以试的次数").waitFor();
      assert.equal(await lock.locator("[data-left]").textContent(), "6");
      assert.equal(await lock.locator('[data-do="unlock"]').isDisabled(), true);
    }
    await page.clock.fastForward(5_000 * 2 ** (wrong - 3) + 2_000);
    await lock.locator('[data-do="unlock"]:not([disabled])').waitFor();
  }
  await lock.locator("#pin").fill("97531864");
  await lock.locator('[data-do="unlock"]').click();
  await page.locator('main[data-shown="wiped"]', { hasText: "错了 10 次" }).waitFor();
  assert.deepEqual(await left(page), { databases: [], caches: [], workers: 0 });
});
