// What a form loses without us when the connection drops: its draft, and a second press of the button.
"use strict";
const form = document.querySelector("form[data-draft]");
if (form) {
  const name = "draft " + form.dataset.draft;
  const kept = (element) => element.name && element.type !== "hidden" && element.name !== "/citizen_number";
  try {
    const draft = JSON.parse(sessionStorage.getItem(name) || "{}");
    for (const element of form.elements) {
      if (!kept(element) || !(element.name in draft)) continue;
      if (element.type === "radio" || element.type === "checkbox") element.checked = draft[element.name] === element.value;
      else if (!element.value) element.value = draft[element.name];
    }
  } catch { sessionStorage.removeItem(name); }
  form.addEventListener("input", () => {
    const draft = {};
    for (const element of form.elements) {
      if (!kept(element)) continue;
      if ((element.type === "radio" || element.type === "checkbox") && !element.checked) continue;
      draft[element.name] = element.value;
    }
    sessionStorage.setItem(name, JSON.stringify(draft));
  });
}
for (const each of document.querySelectorAll("form")) {
  each.addEventListener("submit", () => {
    const button = each.querySelector("button");
    setTimeout(() => { button.disabled = true; }, 0);
    setTimeout(() => { button.disabled = false; }, 8000);
  });
}
if (location.pathname.startsWith("/c/")) sessionStorage.clear();
// A photo goes by pieces (tus 1.0), so that a dropped connection costs one piece. Whatever fails here, the form itself still sends it whole.
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
async function sendByPieces(form, file) {
  const bar = form.querySelector("progress");
  const query = new URLSearchParams(new URL(form.action).search);
  const [, , number, , paper] = new URL(form.action).pathname.split("/");
  const holding = `?case=${number}&k=${query.get("k")}`;
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
  const done = await fetch(`/api/cases/${number}/papers/${paper}?k=${query.get("k")}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ upload: address.split("/").pop() }) });
  if (!done.ok) throw done;
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
