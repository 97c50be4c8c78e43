// The civic ground, as people and officers walk over it: a kitchen at its door with a camera that is not there, an activity
// signed up for and checked in to by the code at the door, and the map of reports.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Stage } from "./stage.mjs";
import { playlist, recorded } from "./stream.mjs";

/** The smallest picture in JPEG that a browser draws: one grey point. */
const still = Buffer.from("/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=", "base64");
const village = "990100001201";
let stage, gateway, stream, asked = 0;

before(async () => {
  gateway = createServer((request, answer) => {
    asked += 1;
    if (request.url.endsWith(".m3u8")) return void answer.end(stream ? playlist(stream) : "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\nseg-1.ts\n");
    if (stream && request.url.endsWith("init.mp4")) return void answer.end(stream.init);
    const segment = stream?.segments[/seg-(\d+)\.m4s$/.exec(request.url)?.[1]];
    if (segment) return void answer.end(segment);
    if (request.url.endsWith("snapshot.jpg")) return void answer.end(still);
    answer.statusCode = 404;
    answer.end();
  }).listen(8654, "127.0.0.1");
  const config = join(tmpdir(), `yizhan-ground-${process.pid}.toml`);
  writeFileSync(config, '[kitchens]\ngateways = ["http://127.0.0.1:8654"]\n');
  stage = await Stage.open({ config });
});
after(async () => {
  await stage?.close();
  gateway?.close();
});

const go = async (desk, path) => {
  await desk.goto(`${stage.base}/console/#${path}`);
  await desk.locator("main h1").first().waitFor();
  await desk.waitForLoadState("networkidle");
  await desk.locator(".el-skeleton").first().waitFor({ state: "detached" });
};
const read = async (desk, path) => (await desk.request.get(`${stage.base}${path}`)).json();

test("a kitchen's code opens its score, its camera and the complaint, without a script", { timeout: 60_000 }, async () => {
  const desk = await stage.desk("district");
  const { rows } = (await read(desk, "/api/campaigns"))[0];
  let kitchen;
  for (const row of rows) {
    const page = await (await desk.request.get(`${stage.base}/k/${row.subject}`)).text();
    if (page.includes("/live/index.m3u8")) { kitchen = row; break; }
  }
  assert.ok(kitchen, "a kitchen with a camera");
  const phone = await stage.phone();
  await phone.goto(`${stage.base}/k/${kitchen.subject}`);
  await phone.getByRole("heading", { name: kitchen.name }).waitFor();
  assert.match(await phone.locator(".grade").textContent(), /[ABC]\s+\d+ \/ 100/);
  const picture = await phone.request.get(`${stage.base}/k/${kitchen.subject}/live/snapshot.jpg`);
  assert.deepEqual([picture.status(), picture.headers()["content-type"]], [200, "image/jpeg"]);
  const before = asked;
  await phone.request.get(`${stage.base}/k/${kitchen.subject}/live/snapshot.jpg`);
  assert.equal(asked, before, "who looks a moment later shares it");
  await stage.isEasy(phone, "kitchen", { phone: true });
  await phone.getByRole("link", { name: "我要投诉" }).click();
  await phone.locator('[name="/kind"][value="dirty"]').check();
  await phone.locator('[name="/what"]').fill("案板发黑");
  await phone.getByRole("button", { name: "提交" }).click();
  await phone.locator(".number", { hasText: "KC-" }).first().waitFor();
  await phone.close();
  await desk.close();
});

test("a kitchen's camera is watched live on its page", { timeout: 90_000 }, async () => {
  const desk = await stage.desk("district");
  stream = await recorded(desk);
  assert.ok(stream.init.length > 100 && stream.segments.length > 0, "the camera has something to show");
  const { rows } = (await read(desk, "/api/campaigns"))[0];
  let kitchen;
  for (const row of rows) {
    if ((await (await desk.request.get(`${stage.base}/k/${row.subject}`)).text()).includes("/live/index.m3u8")) { kitchen = row; break; }
  }
  await desk.goto(`${stage.base}/k/${kitchen.subject}`);
  await desk.locator("summary", { hasText: "看视频" }).click();
  const video = desk.locator("video");
  await video.evaluate((one) => one.play());
  for (let tries = 0; (await video.evaluate((one) => one.currentTime)) < 0.5; tries += 1) {
    assert.ok(tries < 100, `nothing moves: ${await video.evaluate((one) => JSON.stringify({ ready: one.readyState, error: one.error?.message, network: one.networkState }))}`);
    await desk.waitForTimeout(100);
  }
  assert.equal(await video.evaluate((one) => one.videoWidth), 320);
  await desk.close();
});

test("people sign up on a phone, wait in line, and check in by the code at the door", { timeout: 60_000 }, async () => {
  const desk = await stage.desk(`v${village}`);
  const { rows } = await read(desk, "/api/stations");
  const phone = await stage.phone();
  await phone.goto(`${stage.base}/s/${rows[0].subject}`);
  await stage.isEasy(phone, "station", { phone: true });
  await phone.getByRole("link", { name: "反诈公益电影" }).click();
  await phone.getByLabel(/^手机号/).fill("15400000601");
  await phone.getByLabel(/^姓名/).fill("尉迟来");
  await stage.isEasy(phone, "activity", { phone: true });
  const activity = phone.url();
  await phone.getByRole("button", { name: "报名" }).click();
  await phone.getByText("候补第 3 位").waitFor();
  const poster = await desk.request.get(`${stage.base}/poster/activity/${activity.split("/").pop()}`);
  const door = (await poster.text()).match(/\/a\/\d+\/in\?c=[0-9a-f]+/)[0];
  await phone.goto(stage.base + door);
  await phone.getByLabel(/^手机号/).fill("15400000601");
  await phone.getByRole("button", { name: "签到" }).click();
  await phone.getByText("签到成功").waitFor();
  assert.match(await phone.locator("#places").textContent(), /已到场 1/);
  await phone.goto(`${activity}/in?c=00000000000000000000`);
  await phone.getByText("签到码只在活动当天有效").waitFor();
  await phone.close();
  await desk.close();
});

test("reports lie on a map that is walked by keys, and its numbers open to the cases beside it", { timeout: 90_000 }, async () => {
  const desk = await stage.desk("district");
  await go(desk, "/patrol");
  const map = await read(desk, "/api/patrol");
  assert.equal(await desk.locator("[data-cell]").count(), 138);
  assert.equal(await desk.locator('[data-sum="all"] strong').textContent(), String(map.whole.all));
  const busy = map.cells.toSorted((a, b) => b.all - a.all)[0];
  await desk.locator(`[data-cell="${busy.area}"]`).focus();
  await desk.keyboard.press("Enter");
  await desk.locator('[data-sum="listed"]', { hasText: new RegExp(`^${busy.all}$`) }).waitFor();
  assert.equal(await desk.locator("[data-case]").count(), busy.all);
  await desk.locator('[data-do="whole"]').click();
  await desk.locator('[data-sum="repeats"]').click();
  await desk.locator('[data-sum="listed"]', { hasText: new RegExp(`^${map.whole.repeats}$`) }).waitFor();
  for (const [size, width] of [["desk", 1366], ["phone", 390]]) {
    await desk.setViewportSize({ width, height: 800 });
    await stage.isEasy(desk, `patrol-${size}`, { lang: undefined });
  }
  await desk.setViewportSize({ width: 1366, height: 800 });
  await go(desk, "/ground");
  const told = await read(desk, "/api/stations");
  assert.equal(await desk.locator('[data-sum="alive"]').textContent(), String(told.alive));
  await desk.locator('[data-sum="alive"]').click();
  await desk.locator('[data-sum="listed"]', { hasText: new RegExp(`^${told.rows.filter((row) => row.tier === "station" && row.alive).length}$`) }).waitFor();
  await stage.isEasy(desk, "ground");
  assert.deepEqual(desk.faults, []);
  await desk.close();
});
