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
