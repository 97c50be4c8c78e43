// The ways in: TLS by the program itself, TLS by a proxy, the doctor who looks at both.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const program = process.env.YIZHAN_BIN ?? fileURLToPath(new URL("../../target/debug/yizhan", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "yizhan-doors-"));
const data = join(folder, "data");
const certificate = join(folder, "own.pem");
const key = join(folder, "own.key");
const running = [];

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** Asks over TLS, trusting our own certificate only. */
const ask = (port, path, headers = {}) =>
  new Promise((resolve, reject) => {
    const request = https.get({ host: "127.0.0.1", port, path, headers, ca: readFileSync(certificate), agent: false }, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    request.on("error", reject);
  });

async function until(what) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await what().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail("it did not become ready");
}

function start(command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, YIZHAN_LOG: "warn" } });
  running.push(child);
  return child;
}

before(() => {
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=test",
    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], { stdio: "ignore" });
  const made = spawnSync(program, ["demo", "--data", data, "--people", "2600"], { encoding: "utf8" });
  assert.equal(made.status, 0, made.stderr);
});

after(async () => {
  for (const child of running) {
    if (child.exitCode !== null) continue;
    child.kill("SIGTERM");
    await new Promise((resolve) => child.once("exit", resolve));
  }
  rmSync(folder, { recursive: true, force: true });
});

test("the program answers under TLS, and a slow handshake keeps nobody waiting", async () => {
  const port = await freePort();
  const own = start(program, ["serve", "--data", data, "--listen", `127.0.0.1:${port}`, "--tls-certificate", certificate, "--tls-key", key]);
  await until(async () => (await ask(port, "/readyz")).status === 200);
  const idle = Array.from({ length: 20 }, () => connect(port, "127.0.0.1"));
  const front = await ask(port, "/?lang=zh");
  assert.equal(front.status, 200);
  assert.match(front.text, /您想办什么/);
  idle.forEach((socket) => socket.destroy());
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`), "it is not spoken in the clear");
  own.kill("SIGTERM");
  await new Promise((resolve) => own.once("exit", resolve));
});

test("a certificate without its key is refused before anything is served", () => {
  const alone = spawnSync(program, ["serve", "--data", data, "--tls-certificate", certificate], { encoding: "utf8" });
  assert.equal(alone.status, 2);
  assert.match(alone.stderr, /go together/);
  const wrong = spawnSync(program, ["serve", "--data", data, "--listen", "127.0.0.1:0", "--tls-certificate", certificate, "--tls-key", certificate], { encoding: "utf8" });
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /own\.pem/);
});

test("the documented proxy passes pages and live signals, and keeps the counters to itself", async () => {
  const [inner, outer] = [await freePort(), await freePort()];
  start(program, ["serve", "--data", data, "--listen", `127.0.0.1:${inner}`, "--public-url", `https://127.0.0.1:${outer}`]);
  const site = readFileSync(new URL("../../packaging/nginx.conf", import.meta.url), "utf8")
    .replace("listen 443 ssl", `listen 127.0.0.1:${outer} ssl`).replace("http2 on;", "")
    .replace("/etc/ssl/fuwu.pem", certificate).replace("/etc/ssl/fuwu.key", key).replaceAll("127.0.0.1:8600", `127.0.0.1:${inner}`);
  const file = join(folder, "nginx.conf");
  writeFileSync(file, `daemon off; pid ${folder}/nginx.pid; error_log stderr crit; events {} http { access_log off; ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ")} ${site} }`);
  start("/usr/sbin/nginx", ["-c", file, "-p", folder]);
  await until(async () => (await ask(outer, "/readyz")).status === 200);
  const entered = await new Promise((resolve, reject) => {
    const request = https.request({ host: "127.0.0.1", port: outer, path: "/demo/enter", method: "POST", ca: readFileSync(certificate), agent: false }, resolve);
    request.on("error", reject);
    request.end("login=district");
  });
  entered.resume();
  const cookie = entered.headers["set-cookie"][0];
  assert.match(cookie, /Secure/, "the session never travels in the clear");
  const signal = await new Promise((resolve, reject) => {
    const request = https.get({ host: "127.0.0.1", port: outer, path: "/api/live", ca: readFileSync(certificate), agent: false, headers: { cookie: cookie.split(";")[0] } }, (answer) => {
      answer.once("data", (part) => { resolve(String(part)); request.destroy(); });
    });
    request.on("error", reject);
  });
  assert.match(signal, /^data: ?\d+/);
  assert.equal((await ask(outer, "/metrics")).status, 403);
});

test("the doctor finds what is wrong and says what to do", () => {
  const healthy = spawnSync(program, ["doctor", "--data", data], { encoding: "utf8" });
  assert.equal(healthy.status, 0, healthy.stdout);
  assert.match(healthy.stdout, /the chain is whole/);
  const config = join(folder, "yizhan.toml");
  writeFileSync(config, `tls_certificate = "${certificate}"\ntls_key = "${certificate}"\n`);
  const ill = spawnSync(program, ["doctor", "--data", data, "--config", config], { encoding: "utf8" });
  assert.equal(ill.status, 1);
  assert.match(ill.stdout, /WRONG {2}TLS: .*\n {7}-> give a certificate/);
});
