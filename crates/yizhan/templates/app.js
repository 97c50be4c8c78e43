// What a form loses without us when the connection drops: its draft, and a second press of the button.
"use strict";
const zh = document.documentElement.lang.startsWith("zh");
const form = document.querySelector("form[data-draft]");
// A draft outlives a closed browser for a day; numbers that identify are never in it.
const DAY = 86400000;
for (const name of Object.keys(localStorage)) {
  if (!name.startsWith("draft ")) continue;
  try { if (Date.now() - JSON.parse(localStorage.getItem(name)).at < DAY) continue; } catch { /* what cannot be read goes */ }
  localStorage.removeItem(name);
}
if (form) {
  const name = "draft " + form.dataset.draft;
  const kept = (element) => element.name && (element.type !== "hidden" || element.name === "_key") && !/\/(citizen_number|mobile)$/.test(element.name);
  const draft = JSON.parse(localStorage.getItem(name) || "{}").fields || {};
  for (const element of form.elements) {
    if (!kept(element) || !(element.name in draft)) continue;
    if (element.type === "radio" || element.type === "checkbox") element.checked = draft[element.name] === element.value;
    // The same key as before: what was sent and never answered is not sent twice.
    else if (!element.value || element.name === "_key") element.value = draft[element.name];
  }
  const save = () => {
    const fields = {};
    for (const element of form.elements) {
      if (!kept(element)) continue;
      if ((element.type === "radio" || element.type === "checkbox") && !element.checked) continue;
      fields[element.name] = element.value;
    }
    localStorage.setItem(name, JSON.stringify({ at: Date.now(), fields }));
  };
  form.addEventListener("input", save);
  form.addEventListener("change", save);
  // Without a connection nothing is lost: it goes as soon as there is one.
  form.addEventListener("submit", (event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    let note = form.querySelector(".offline");
    if (!note) {
      note = document.createElement("p");
      note.className = "refused offline";
      note.setAttribute("role", "alert");
      form.append(note);
      addEventListener("online", () => form.requestSubmit(), { once: true });
    }
    note.textContent = zh ? "现在没有网络。填写的内容已保存，恢复网络后自动提交。" : "There is no connection. What you filled in is kept and goes as soon as there is one.";
  });
}
// Beside a companion screen that holds a call, the form that is open here is shared with the agent.
if (localStorage.getItem("companion") && (form || location.pathname.startsWith("/c/"))) import("/call.js").then((one) => one.work(form)).catch(() => {});
// While many declare at once a little work is asked for; where a browser cannot do it, ten seconds' patience will do.
const asked = document.querySelector("[data-challenge]");
if (asked) (async () => {
  const challenge = asked.dataset.challenge;
  const begun = Date.now();
  for (let n = 0; window.crypto && crypto.subtle && Date.now() - begun < 60000; n += 1) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(challenge + ":" + n)));
    let zeros = 0;
    for (const byte of digest) { zeros += byte ? Math.clz32(byte) - 24 : 8; if (byte) break; }
    if (zeros >= +asked.dataset.bits) { asked.value = challenge + " " + n; return asked.form.requestSubmit(); }
  }
  await new Promise((done) => setTimeout(done, Math.max(0, 11000 - (Date.now() - begun))));
  asked.form.requestSubmit();
})();
// A long list of villages is searched by name; a place of the country is found as it is typed, or from the province down.
for (const select of document.querySelectorAll("select[data-search]")) {
  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = zh ? "输入村名查找" : "Type a village";
  field.setAttribute("aria-label", field.placeholder);
  const all = [...select.options].slice(1).map((option) => ({ option, group: option.parentElement }));
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    const fits = all.filter(({ option }) => (option.text + " " + (option.dataset.s || "")).toLowerCase().includes(wanted));
    for (const { option } of all) option.hidden = option.disabled = !fits.some((one) => one.option === option);
    if (wanted && fits.length === 1) { select.value = fits[0].option.value; select.dispatchEvent(new Event("change", { bubbles: true })); }
  });
  select.before(field);
}
for (const field of document.querySelectorAll("input[data-place]")) {
  const list = document.createElement("datalist");
  list.id = field.id + "-places";
  field.setAttribute("list", list.id);
  field.after(list);
  let turn = 0;
  field.addEventListener("input", async () => {
    const own = ++turn;
    await new Promise((done) => setTimeout(done, 200));
    if (own !== turn || field.value.trim().length < 2) return;
    const found = await fetch("/api/places?q=" + encodeURIComponent(field.value)).then((answer) => answer.json()).catch(() => []);
    if (own === turn) list.replaceChildren(...found.map((one) => new Option(one.path, one.path)));
  });
  const tree = document.createElement("details");
  tree.className = "tree";
  tree.innerHTML = "<summary></summary>";
  tree.firstChild.textContent = zh ? "按省、市、县选择" : "Choose province, city, county";
  const levels = [0, 1, 2].map(() => {
    const level = document.createElement("select");
    level.setAttribute("aria-label", tree.firstChild.textContent);
    level.hidden = true;
    tree.append(level);
    return level;
  });
  const fill = async (n, within) => {
    levels.slice(n).forEach((level) => { level.hidden = true; });
    if (n > 2) return;
    const parts = await fetch("/api/places" + (within ? "?within=" + within : "")).then((answer) => answer.json()).catch(() => []);
    if (!parts.length) return;
    levels[n].replaceChildren(new Option(zh ? "请选择" : "Choose", ""), ...parts.map((one) => Object.assign(new Option(one.name, one.code), { path: one.path })));
    levels[n].hidden = false;
  };
  levels.forEach((level, n) => level.addEventListener("change", () => {
    const chosen = level.selectedOptions[0];
    if (!chosen.value) return;
    field.value = chosen.path;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    fill(n + 1, chosen.value);
  }));
  tree.addEventListener("toggle", () => { if (tree.open && levels[0].hidden) fill(0); });
  field.parentElement.after(tree);
}
for (const each of document.querySelectorAll("form")) {
  each.addEventListener("submit", () => {
    const button = each.querySelector("button");
    setTimeout(() => { button.disabled = true; }, 0);
    setTimeout(() => { button.disabled = false; }, 8000);
  });
}
if (location.pathname.startsWith("/c/")) Object.keys(localStorage).filter((name) => name.startsWith("draft ")).forEach((name) => localStorage.removeItem(name));
// A photo goes by pieces (tus 1.0), so that a dropped connection costs one piece. Whatever fails here, the form itself still sends it whole.
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
async function sendByPieces(form, file) {
  const bar = form.querySelector("progress");
  const query = new URLSearchParams(new URL(form.action).search);
  const [, door, number, , paper] = new URL(form.action).pathname.split("/");
  // By somebody else's link: it is all they have.
  const linked = door === "u";
  const holding = linked ? `?link=${number}` : `?case=${number}&k=${query.get("k")}`;
  const name = btoa(String.fromCharCode(...new TextEncoder().encode(file.name)));
  const begun = await fetch("/api/uploads" + holding, { method: "POST", headers: { "Upload-Length": file.size, "Upload-Metadata": "filename " + name } });
  if (!begun.ok) throw begun;
  const address = begun.headers.get("Location");
  bar.hidden = false;
  for (let at = 0, tries = 0; at < file.size; ) {
    bar.value = (100 * at) / file.size;
    try {
      const answer = await fetch(address + holding, { method: "PATCH", headers: { "Upload-Offset": at, "Content-Type": "application/offset+octet-stream" }, body: file.slice(at, at + 262144) });
      if (!answer.ok && answer.status !== 409) throw answer;
      at = +(answer.ok ? answer : await fetch(address + holding, { method: "HEAD" })).headers.get("Upload-Offset");
      tries = 0;
    } catch (lost) {
      if (lost instanceof Response || ++tries > 8) throw lost;
      await pause(Math.min(500 * 2 ** tries, 15000));
    }
  }
  const to = linked ? `/api/links/${number}` : `/api/cases/${number}/papers/${paper}?k=${query.get("k")}`;
  const done = await fetch(to, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ upload: address.split("/").pop() }) });
  if (!done.ok) throw done;
  if (linked) return void (location.href = `/u/${number}?done=${encodeURIComponent((await done.json()).doubts.join("|"))}`);
  location.href = `/c/${number}?k=${query.get("k")}&done=${paper}#papers`;
}
for (const each of document.querySelectorAll("form.attach")) {
  each.addEventListener("submit", (event) => {
    const file = each.elements.file.files[0];
    if (!file || each.dataset.whole) return;
    event.preventDefault();
    sendByPieces(each, file).catch(() => { each.dataset.whole = "1"; each.submit(); });
  });
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
// Reads the page aloud, where the browser can.
const aloud = document.querySelector(".aloud");
if (aloud && "speechSynthesis" in window) {
  const start = aloud.textContent;
  const rest = () => { aloud.textContent = start; };
  aloud.hidden = false;
  aloud.addEventListener("click", () => {
    if (speechSynthesis.speaking) { speechSynthesis.cancel(); return rest(); }
    const speech = new SpeechSynthesisUtterance(document.getElementById("main").innerText);
    speech.lang = document.documentElement.lang;
    speech.rate = 0.9;
    speech.onend = speech.onerror = rest;
    speechSynthesis.speak(speech);
    aloud.textContent = aloud.dataset.stop;
  });
}
// Where a browser hears, a button is held down to speak; what it writes down goes through the same form.
const hears = document.querySelector("form[data-hears]");
const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;
if (hears && Recognition) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: hears.dataset.hears });
  const ear = Object.assign(new Recognition(), { lang: "zh-CN", interimResults: false });
  ear.onresult = (event) => {
    hears.elements.said.value = event.results[0][0].transcript.slice(0, 150);
    hears.requestSubmit();
  };
  const begin = (event) => { event.preventDefault(); try { ear.start(); } catch { /* it hears already */ } };
  button.addEventListener("pointerdown", begin);
  for (const end of ["pointerup", "pointerleave"]) button.addEventListener(end, () => ear.stop());
  button.addEventListener("keydown", (event) => event.key === " " && !event.repeat && begin(event));
  button.addEventListener("keyup", (event) => event.key === " " && ear.stop());
  hears.append(button);
}
// While a code can be scanned, the page looks whether it was paid, and shows itself anew once it was; without us it asks for itself again.
const codes = document.querySelector(".codes");
if (codes) setInterval(async () => {
  const answer = await fetch(location.href).catch(() => null);
  if (answer && answer.ok && !(await answer.text()).includes('class="codes"')) location.reload();
}, 4000);
// A still picture of a camera is renewed while somebody looks.
for (const still of document.querySelectorAll("img[data-again]")) {
  const from = still.src;
  setInterval(() => { if (!document.hidden && still.complete) still.src = `${from}?${Date.now()}`; }, still.dataset.again * 1000);
}
// A phone that knows where it is says so, when its holder presses the button; the place goes along with the report.
const [north, east] = ["/north", "/east"].map((name) => document.querySelector(`input[type=hidden][name="${name}"]`));
if (north && east && navigator.geolocation) {
  const zh = document.documentElement.lang === "zh-CN";
  const button = Object.assign(document.createElement("button"), { type: "button", className: "second", textContent: zh ? "附上我的位置" : "Add where I am" });
  button.addEventListener("click", () => navigator.geolocation.getCurrentPosition(
    ({ coords }) => { north.value = coords.latitude.toFixed(5); east.value = coords.longitude.toFixed(5); button.textContent = zh ? "已附上位置" : "The place is added"; },
    () => { button.textContent = zh ? "没有取到位置，可不填" : "No place found; it is not needed"; }));
  north.after(button);
}
