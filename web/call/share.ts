// The caller's form, field by field, for the agent who helps; and the agent's finger and proposals on it. Nothing is set unless the
// person takes it, and nothing is sent but by their own button. Fields of passwords, files and what is hidden are not even read.

export interface Sharing {
  /** What the server says of the form. */
  told: (kind: string, what: any) => void;
  /** The form is shared no more. */
  away: () => void;
}

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
const NEVER = ["password", "file", "hidden", "submit", "button"];

export function share(form: HTMLFormElement, service: string, say: (what: object) => void, words: { take: string; refuse: string; proposes: string }): Sharing {
  const fields = () => [...form.elements].filter((one): one is Field => "name" in one && (one as Field).name.startsWith("/") && !NEVER.includes((one as Field).type) && !one.closest("[data-secret]"));
  const of = (at: string) => fields().filter((one) => one.name === at);
  const value = (at: string) => {
    const all = of(at);
    const picks = all.filter((one) => ["radio", "checkbox"].includes(one.type)) as HTMLInputElement[];
    if (picks.length) return picks.filter((one) => one.checked).map((one) => one.value).join(", ");
    return all[0]?.value ?? "";
  };
  const changed = (event: Event) => {
    const { name } = event.target as Field;
    if (fields().includes(event.target as Field)) say({ field: { at: name, value: value(name).slice(0, 1000) } });
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  const whole: Record<string, string> = {};
  for (const one of fields()) whole[one.name] = value(one.name).slice(0, 1000);
  say({ form: { service, fields: whole } });

  function set(at: string, wanted: string) {
    for (const one of of(at)) {
      if (one.type === "radio" || one.type === "checkbox") (one as HTMLInputElement).checked = one.value === wanted;
      else one.value = wanted;
      one.dispatchEvent(new Event("input", { bubbles: true }));
      one.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
  const box = (at: string) => of(at)[0]?.closest<HTMLElement>(".field, fieldset, label") ?? of(at)[0];

  return {
    told(kind, what) {
      if (kind === "point") {
        form.querySelectorAll(".pointed").forEach((one) => one.classList.remove("pointed"));
        const one = what.at && box(what.at);
        one?.classList.add("pointed");
        one?.scrollIntoView({ block: "center", behavior: "smooth" });
      }
      if (kind === "proposed") {
        const place = box(what.at);
        if (!place) return say({ reply: { n: what.n, taken: false } });
        const note = document.createElement("div");
        note.className = "proposed";
        note.dataset.proposal = String(what.n);
        note.setAttribute("role", "status");
        const text = document.createElement("p");
        text.textContent = words.proposes;
        const proposed = document.createElement("strong");
        proposed.translate = false;
        proposed.textContent = what.value;
        text.append(proposed);
        note.append(text);
        for (const [word, taken] of [[words.take, true], [words.refuse, false]] as const) {
          const button = Object.assign(document.createElement("button"), { type: "button", textContent: word, className: taken ? "" : "second" });
          button.dataset.taken = String(taken);
          button.addEventListener("click", () => {
            if (taken) set(what.at, what.value);
            say({ reply: { n: what.n, taken } });
            note.remove();
          });
          note.append(button);
        }
        place.after(note);
        note.scrollIntoView({ block: "center" });
      }
    },
    away() {
      form.removeEventListener("input", changed);
      form.removeEventListener("change", changed);
      form.querySelectorAll(".pointed").forEach((one) => one.classList.remove("pointed"));
      form.querySelectorAll(".proposed").forEach((one) => one.remove());
      say({ "form-away": {} });
    },
  };
}
