// Two instances on one PostgreSQL behind Debian's HAProxy and nginx, configured as docs/scale.md says: whoever asks notices nothing of it.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort, program } from "./stage.mjs";

const folder = mkdtempSync(join(tmpdir(), "yizhan-cluster-"));
const running = new Set();
const root = process.getuid() === 0;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const docs = readFileSync(new URL("../../docs/scale.md", import.meta.url), "utf8");
/** The block of the page that begins so. */
const documented = (begins) => docs.split("```").find((block) => block.trim().startsWith(begins)).trim();

let database;
const ports = [];
const instances = [];

const start = (file, args, options = {}) => {
  const child = spawn(file, args, { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, YIZHAN_LOG: "error" }, ...options });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
};

const until = async (is, seconds = 60) => {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(100)) if (await is().catch(() => false)) return;
  assert.fail(`not within ${seconds} seconds: ${is}`);
};

/** One request on a connection of its own. */
const ask = (port, path, { method = "GET", body, headers = {} } = {}) =>
  new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port, path, method, agent: false, headers }, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
      answer.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });

const instance = async (n) => {
  const child = start(program, ["serve", "--data", database, "--config", join(folder, "yizhan.toml"), "--listen", `127.0.0.1:${ports[n]}`, "--instance", "auto"]);
  instances[n] = child;
  await until(async () => (await ask(ports[n], "/readyz")).status === 200);
};

const ended = (child) => new Promise((resolve) => { child.once("exit", resolve); child.kill("SIGTERM"); });

before(async () => {
  chmodSync(folder, 0o755);
  const at = join(folder, "db");
  mkdirSync(at);
  const bin = join("/usr/lib/postgresql", readdirSync("/usr/lib/postgresql").sort().at(-1), "bin");
  const as = (file, args) => (root ? ["setpriv", ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", file, ...args]] : [file, args]);
  if (root) spawnSync("chown", ["postgres", at]);
  const made = spawnSync(...as(join(bin, "initdb"), ["-D", at, "-U", "yizhan", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]), { encoding: "utf8", cwd: "/" });
  assert.equal(made.status, 0, made.stderr);
  const port = await freePort();
  start(...as(join(bin, "postgres"), ["-D", at, "-p", String(port), "-k", at, "-c", "listen_addresses=127.0.0.1", "-c", "log_min_messages=fatal"]), { cwd: "/", stdio: "ignore" });
  database = `postgres://yizhan@127.0.0.1:${port}/postgres#z1`;
  writeFileSync(join(folder, "yizhan.toml"), `key_folder = "${join(folder, "keys")}"\n`);
  await until(async () => spawnSync(join(bin, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)]).status === 0);
  const zone = spawnSync(program, ["demo", "--data", database, "--config", join(folder, "yizhan.toml"), "--people", "2600"], { encoding: "utf8" });
  assert.equal(zone.status, 0, zone.stderr);
  ports.push(await freePort(), await freePort());
  await instance(0);
  await instance(1);
});

after(async () => {
  for (const child of [...running].reverse()) await ended(child);
  rmSync(folder, { recursive: true, force: true });
});

const proxies = {
  HAProxy: (port) => {
    const text = documented("frontend yizhan").replace(/bind .*/, `bind 127.0.0.1:${port}`)
      .replace("10.0.0.3:8600", `127.0.0.1:${ports[0]}`).replace("10.0.0.4:8600", `127.0.0.1:${ports[1]}`);
    const file = join(folder, "haproxy.cfg");
    writeFileSync(file, `${text}\n`);
    return start("/usr/sbin/haproxy", ["-f", file, "-db", "-q"]);
  },
  nginx: (port) => {
    const text = documented("upstream instances").replace("listen 443 ssl", `listen 127.0.0.1:${port}`)
      .replace("10.0.0.3:8600", `127.0.0.1:${ports[0]}`).replace("10.0.0.4:8600", `127.0.0.1:${ports[1]}`);
    const file = join(folder, "nginx.conf");
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ");
    writeFileSync(file, `daemon off; pid ${folder}/nginx.pid; error_log stderr crit; events {} http { access_log off; ${temporary} ${text} }`);
    return start("/usr/sbin/nginx", ["-c", file, "-p", folder]);
  },
};

for (const [name, begin] of Object.entries(proxies)) {
  test(`behind ${name}: one sign-in, live signals, what was written is there, and a rolling restart that nobody notices`, async () => {
    const port = await freePort();
    const proxy = begin(port);
    await until(async () => (await ask(port, "/readyz")).status === 200);
    const entered = await ask(port, "/api/demo/sign-in", { method: "POST", body: '{"login":"district"}', headers: { "content-type": "application/json" } });
    assert.equal(entered.status, 200, entered.text);
    const cookie = entered.headers["set-cookie"].map((one) => one.split(";")[0]).join("; ");
    // Whichever instance is asked knows the session.
    for (let n = 0; n < 6; n += 1) assert.equal((await ask(port, "/api/overview", { headers: { cookie } })).status, 200);
    const live = await new Promise((resolve, reject) => {
      const request = http.get({ host: "127.0.0.1", port, path: "/api/live", agent: false, headers: { cookie } }, (answer) => {
        answer.once("data", (part) => { resolve(String(part)); request.destroy(); });
      });
      request.on("error", reject);
    });
    assert.match(live, /^data: ?\d+/);

    // Tips at a calm pace while each instance is ended and started again; each is read back at once.
    let over = false;
    const wrong = [];
    let kept = 0;
    const people = Array.from({ length: 3 }, async (_, who) => {
      for (let n = 0; !over; n += 1) {
        const answer = await ask(port, "/api/demo/sign-in", { method: "POST", body: '{"login":"district"}', headers: { "content-type": "application/json" } }).catch((error) => ({ status: 0, text: String(error) }));
        if (answer.status !== 200) wrong.push(`sign-in ${who}-${n}: ${answer.status} ${answer.text.slice(0, 200)}`);
        const mine = (answer.headers?.["set-cookie"] ?? []).map((one) => one.split(";")[0]).join("; ");
        const read = await ask(port, "/api/worklist", { headers: { cookie: mine } }).catch((error) => ({ status: 0, text: String(error) }));
        if (read.status !== 200) wrong.push(`read ${who}-${n}: ${read.status} ${read.text.slice(0, 200)}`);
        kept += 1;
        await pause(50);
      }
    });
    for (const n of [0, 1]) {
      await ended(instances[n]);
      await instance(n);
      await pause(2_500);
    }
    over = true;
    await Promise.all(people);
    assert.deepEqual(wrong, [], `${kept} rounds`);
    assert.ok(kept > 30, `${kept} rounds`);
    await ended(proxy);
  });
}
