// The caller's page: one key, a place in the queue, an agent. Plain script, so that it is small on an old phone; terminals share
// `line.ts`, `talk.ts`, `media.ts` and `share.ts` with it.
import { Line } from "./line";
import { media, show, smaller, stop, type Media } from "./media";
import { share, type Sharing } from "./share";
import { canTalk, Talk, type Level, type Role } from "./talk";
import { t, zh, type Word } from "./words";

interface Made { call: number; secret: string; waits: boolean }

const KEPT = "call";
/** Where two screens of one terminal speak: the one that holds the call, and the one on which work goes on. */
const SCREENS = "yizhan-call";
/** What the working screen may say in the call. */
const WORK = ["form", "field", "form-away", "reply", "case"];
const asked = new URLSearchParams(location.search);

/** An element with its attributes and what is in it. */
function el<K extends keyof HTMLElementTagNameMap>(tag: K, put: Record<string, string | boolean | (() => void)> = {}, ...inside: (Node | string)[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(put)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (typeof value === "boolean") made.toggleAttribute(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...inside);
  return made;
}

export class CallPage {
  private service: string;
  private made?: Made;
  private line?: Line;
  private talk?: Talk;
  private media?: Promise<Media>;
  private sharing?: Sharing;
  private rated = false;
  private part: Record<string, HTMLElement> = {};

  private screens?: BroadcastChannel;

  constructor(private root: HTMLElement) {
    if (asked.has("companion") && "BroadcastChannel" in window) this.accompany();
    this.service = root.dataset.service ?? "";
    const kept = sessionStorage.getItem(KEPT);
    if (root.dataset.code) this.linked(root.dataset.code);
    else if (kept) this.join(JSON.parse(kept) as Made);
    else this.start();
  }

  /** On a terminal's second screen: the call stays here, while the first goes from page to page and shares what is open there. */
  private accompany() {
    localStorage.setItem("companion", "1");
    addEventListener("pagehide", () => localStorage.removeItem("companion"));
    this.screens = new BroadcastChannel(SCREENS);
    this.screens.onmessage = ({ data }) => {
      if (data.asks) this.screens!.postMessage({ told: this.talk ? "joined" : "over" });
      else if (data.say && Object.keys(data.say).every((one) => WORK.includes(one))) this.line?.say(data.say);
    };
  }

  /** Shows a screen; what stands outside it stays. */
  private screen(name: string, ...inside: (Node | string)[]) {
    this.root.querySelectorAll("[data-screen]").forEach((one) => one.remove());
    this.part = {};
    this.root.append(el("div", { "data-screen": name }, ...inside));
  }

  private say(text: string) {
    let line = this.root.querySelector<HTMLElement>("[data-part=state]");
    if (!line) this.root.prepend((line = el("p", { "data-part": "state", role: "status" })));
    line.textContent = text;
  }

  private start() {
    const open = this.root.dataset.open === "true";
    const languages = [...this.root.querySelectorAll<HTMLElement>("[data-language]")];
    const language = el("select", { id: "language" }, ...languages.map((one) => el("option", { value: one.dataset.language! }, one.textContent!)));
    if (!zh()) language.value = "en";
    const mobile = el("input", { id: "mobile", type: "tel", inputmode: "tel", maxlength: "11", autocomplete: "tel" });
    const press = async (back: boolean) => {
      performance.mark("pressed");
      this.media = back ? undefined : this.cameras();
      const body = { service: this.service, language: language.value, channel: matchMedia("(pointer: coarse)").matches ? "phone" : "web", mobile: mobile.value.trim(), call_back: back };
      const answer = await fetch("/api/calls", { method: "POST", headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID?.() ?? String(Math.random()), "accept-language": document.documentElement.lang }, body: JSON.stringify(body) }).catch(() => undefined);
      const made = await answer?.json().catch(() => undefined);
      if (!answer?.ok) return this.say(made?.detail || t("failed"));
      if (back) return this.screen("back", el("p", { class: "notice" }, t("backDone")));
      this.join(made as Made);
    };
    this.screen(
      "start",
      el("p", { class: "field" }, el("label", { for: "language" }, t("language")), language),
      el("p", { class: "field" }, el("label", { for: "mobile" }, t(open ? "leave" : "mobile")), mobile),
      open ? el("button", { type: "button", "data-do": "call", click: () => void press(false) }, t("call")) : el("button", { type: "button", "data-do": "back", click: () => void press(true) }, t("back")),
    );
  }

  private linked(code: string) {
    const press = async () => {
      const answer = await fetch(`/api/calls/links/${code}`, { method: "POST" }).catch(() => undefined);
      const made = await answer?.json().catch(() => undefined);
      if (!answer?.ok) return this.say(made?.detail || t("failed"));
      history.replaceState(null, "", "/call");
      this.join(made as Made);
    };
    const kept = sessionStorage.getItem(KEPT);
    if (kept) return this.join(JSON.parse(kept) as Made);
    this.screen("link", el("p", {}, t("enterAbout")), el("button", { type: "button", "data-do": "enter", click: () => void press() }, t("enter")));
  }

  private cameras(): Promise<Media> {
    return media({ both: asked.has("both"), drawn: asked.has("drawn"), label: document.title });
  }

  private join(made: Made) {
    this.made = made;
    sessionStorage.setItem(KEPT, JSON.stringify(made));
    this.waiting();
    this.line = new Line({
      path: "/api/calls/line",
      hello: () => ({ call: made.call, secret: made.secret }),
      told: (kind, what) => this.told(kind, what),
      state: (open) => this.root.toggleAttribute("data-lost", !open),
    });
  }

  private waiting() {
    const mobile = el("input", { id: "left", type: "tel", inputmode: "tel", maxlength: "11", autocomplete: "tel", "aria-label": t("mobile"), placeholder: t("mobile") });
    this.say(t("calling"));
    this.screen(
      "waits",
      el("div", { class: "row" }, mobile, el("button", { type: "button", class: "second", "data-do": "leave", click: () => this.line?.say({ mobile: mobile.value }) }, t("send"))),
      el("button", { type: "button", class: "end", "data-do": "cancel", click: () => this.hangUp() }, t("hangUp")),
    );
  }

  private told(kind: string, what: any) {
    switch (kind) {
      case "unknown": return this.over("ended");
      case "welcome":
        if (what.stage === "over") return this.over("ended");
        if (what.watched) this.watched(true);
        this.ice = what.ice;
        if (what.stage === "talks" || what.stage === "held") this.joined(what.agent, what.said);
        else if (what.waits) this.place(what.waits);
        return;
      case "waits": return this.place(what);
      case "rings":
        this.media ??= this.cameras();
        return this.say(t("rings"));
      case "joined": return this.joined(what.agent, []);
      case "put-back":
        this.endTalk();
        this.waiting();
        this.why = t("putBack");
        return this.say(this.why);
      case "to-call-back": return this.say(t("backDone"));
      case "signal": return this.talk?.take(what.body);
      case "text": return this.wrote(what.by, what.text);
      case "hold": return this.say(what.on ? t("held") : t("talks", { name: this.agent }));
      case "number-left": return this.say(t("numberLeft"));
      case "consent-asked": return this.askConsent();
      case "consented": return this.note("consent", what.given ? t("recorded") : "");
      case "watcher": return this.watched(what.here);
      case "point":
      case "proposed":
        this.screens?.postMessage({ told: kind, what });
        return this.sharing ? this.sharing.told(kind, what) : undefined;
      case "refused": return this.say(what.detail);
      case "ended": return this.over(what.how === "abandoned" ? "abandoned" : "ended");
    }
  }

  private ice: RTCIceServer[] = [];
  private agent = "";
  /** Why one waits again. */
  private why = "";

  private place({ position, expected }: { position: number | null; expected: number | null }) {
    if (this.talk) return;
    const before = (position ?? 1) - 1;
    const where = before ? t("waits", { n: before }) : t("next");
    const long = expected === null ? t("nobody") : expected < 60 ? t("soon") : t("expected", { n: Math.ceil(expected / 60) });
    this.say(`${this.why} ${where} ${long}`.trim());
  }

  private joined(agent: string, said: { by: string; text: string }[]) {
    this.agent = agent;
    this.why = "";
    const again = this.root.querySelector("[data-screen=talks]");
    if (again && this.talk) {
      // What was written while the line was away.
      const shown = new Set([...(this.part.said?.children ?? [])].map((one) => `${one.className} ${one.textContent}`));
      for (const one of said) if (!shown.has(`${one.by} ${one.text}`)) this.wrote(one.by, one.text);
      return this.say(t("talks", { name: agent }));
    }
    this.say(t("talks", { name: agent }));
    this.talking(said);
    this.media ??= this.cameras();
    const streams = this.media.then((found) => {
      if (found.lack === "refused" || found.lack === "unable") this.note("media", t(found.lack));
      const own = found.streams[0]?.[1];
      if (own?.getVideoTracks().length) show(this.part.own as HTMLVideoElement, own, "own-frame");
      this.part.own!.hidden = !own?.getVideoTracks().length;
      return found.streams;
    });
    if (!canTalk()) return this.note("media", t("unable"));
    this.talk = new Talk(
      {
        polite: true, ice: this.ice, relay: asked.has("relay"),
        send: (body) => this.line?.say({ signal: { to: "agent", body } }),
        stream: (_role: Role, stream: MediaStream) => {
          this.part.agent!.hidden = false;
          show(this.part.agent as HTMLVideoElement, stream, "first-frame");
        },
        level: (level: Level) => {
          this.root.dataset.level = level;
          this.note("level", level === "video" ? "" : t(level));
        },
      },
      streams,
      "begins",
    );
    this.screens?.postMessage({ told: "joined" });
  }

  private talking(said: { by: string; text: string }[]) {
    const written = el("input", { maxlength: "500", "aria-label": t("write"), placeholder: t("write"), enterkeyhint: "send" });
    const list = el("ul", { class: "said", translate: "no", "data-part": "said" });
    const write = () => {
      if (!written.value.trim()) return;
      this.line?.say({ text: written.value });
      this.wrote("caller", written.value);
      written.value = "";
    };
    const video = (name: string, own: boolean) => el("video", { "data-part": name, "aria-label": t(own ? "own" : "agent"), playsinline: true, autoplay: true, muted: own, hidden: true, class: own ? "own" : "theirs" });
    const [agent, own] = [video("agent", false), video("own", true)];
    own.muted = true;
    const toggle = (kind: "audio" | "video", off: Word, on: Word) => {
      let is = true;
      const button = el("button", { type: "button", class: "second", click: () => { is = !is; this.talk?.mute(kind, is); button.textContent = t(is ? off : on); } }, t(off));
      return button;
    };
    const file = el("input", { type: "file", accept: "image/*", capture: "environment", hidden: true, "aria-label": t("photo") });
    file.addEventListener("change", () => void this.photo(file));
    const form = this.service ? el("button", { type: "button", class: "second", "data-do": "form", click: () => void this.openForm() }, t("form")) : "";
    const sending = el("form", { class: "row" }, written, el("button", { "data-do": "write" }, t("send")));
    sending.addEventListener("submit", (event) => { event.preventDefault(); write(); });
    this.screen(
      "talks",
      agent, own,
      el("p", { class: "notice", "data-part": "media", hidden: true, role: "status" }), el("p", { class: "notice", "data-part": "level", hidden: true, role: "status" }),
      el("p", { class: "notice", "data-part": "consent", hidden: true, role: "status" }), el("p", { class: "notice", "data-part": "watched", hidden: true, role: "status" }),
      el("p", { class: "notice", "data-part": "photo", hidden: true, role: "status" }),
      list, sending,
      el("div", { class: "row" }, el("button", { type: "button", class: "second", "data-do": "photo", click: () => file.click() }, t("photo")), file, toggle("audio", "mute", "unmute"), toggle("video", "hide", "unhide")),
      form,
      el("div", { "data-part": "form" }),
      el("p", {}, el("button", { type: "button", class: "end", "data-do": "hang-up", click: () => this.hangUp() }, t("hangUp"))),
    );
    this.part = { agent, own, said: list };
    for (const one of said) this.wrote(one.by, one.text);
  }

  private note(part: string, text: string) {
    const place = this.root.querySelector<HTMLElement>(`[data-screen] [data-part=${part}]`);
    if (!place) return;
    place.textContent = text;
    place.hidden = !text;
  }

  private watched(here: boolean) {
    this.note("watched", here ? t("watched") : "");
  }

  private wrote(by: string, text: string) {
    this.part.said?.append(el("li", { class: by }, text));
    this.part.said?.lastElementChild?.scrollIntoView({ block: "nearest" });
  }

  private askConsent() {
    const place = this.root.querySelector<HTMLElement>("[data-part=consent]");
    if (!place) return;
    const answer = (given: boolean) => { this.line?.say({ consent: { given } }); place.replaceChildren(); place.hidden = true; };
    place.replaceChildren(t("consent"), el("div", { class: "row" }, el("button", { type: "button", "data-do": "agree", click: () => answer(true) }, t("agree")), el("button", { type: "button", class: "second", "data-do": "disagree", click: () => answer(false) }, t("disagree"))));
    place.hidden = false;
  }

  private async photo(file: HTMLInputElement) {
    const chosen = file.files?.[0];
    if (!chosen || !this.made) return;
    file.value = "";
    const answer = await fetch(`/api/calls/${this.made.call}/photos`, { method: "POST", headers: { authorization: `Bearer ${this.made.secret}`, "content-type": "application/octet-stream" }, body: await smaller(chosen) }).catch(() => undefined);
    const said = await answer?.json().catch(() => undefined);
    this.note("photo", answer?.ok ? `${t("sent")} ${said.n}` : said?.detail || t("failed"));
  }

  /** The service's own form, in this page, so that the call goes on while it is filled in. */
  private async openForm(from?: Document) {
    const path = `/r/${this.service}`;
    const page = from ?? new DOMParser().parseFromString(await fetch(path).then((answer) => answer.text()), "text/html");
    const place = this.root.querySelector<HTMLElement>("[data-part=form]");
    const form = page.querySelector<HTMLFormElement>("main form[data-draft]");
    if (!place || !form) return;
    this.sharing?.away();
    const fault = page.querySelector(".refused");
    const own = document.importNode(form, true);
    place.replaceChildren(el("p", { class: "quiet" }, t("formShown")), ...(fault ? [document.importNode(fault, true)] : []), own, el("button", { type: "button", class: "second", "data-do": "form-away", click: () => { this.sharing?.away(); this.sharing = undefined; place.replaceChildren(); } }, t("formAway")));
    this.sharing = share(own, this.service, (what) => this.line?.say(what), { take: t("take"), refuse: t("refuse"), proposes: t("proposes") });
    own.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.sendForm(own, place);
    });
  }

  /** The person's own button: nobody else sends it. */
  private async sendForm(form: HTMLFormElement, place: HTMLElement) {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form) as never) }).catch(() => undefined);
    if (!answer) return this.say(t("failed"));
    const [, , number] = new URL(answer.url).pathname.split("/");
    const k = new URL(answer.url).searchParams.get("k");
    if (answer.ok && k && number) {
      this.sharing?.away();
      this.sharing = undefined;
      this.line?.say({ case: { number, k } });
      place.replaceChildren(el("p", { class: "notice", "data-part": "receipt" }, t("receipt"), el("a", { href: answer.url, class: "number", target: "_blank", rel: "noopener" }, number)));
      return;
    }
    await this.openForm(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }

  private hangUp() {
    this.line?.say({ "hang-up": {} });
  }

  private endTalk() {
    this.sharing?.away();
    this.sharing = undefined;
    this.talk?.end();
    this.talk = undefined;
    this.screens?.postMessage({ told: "over" });
  }

  private over(how: "ended" | "abandoned") {
    const talked = Boolean(this.talk) || Boolean(this.root.querySelector("[data-screen=talks]"));
    this.endTalk();
    void this.media?.then((found) => stop(found.streams));
    this.media = undefined;
    this.line?.close();
    sessionStorage.removeItem(KEPT);
    this.say(t(how));
    const stars = talked && !this.rated ? [el("p", {}, t("stars")), el("div", { class: "row", "data-part": "stars" }, ...[1, 2, 3, 4, 5].map((n) => el("button", { type: "button", class: "second", "data-stars": String(n), click: () => void this.rate(n) }, "★".repeat(n))))] : [];
    this.screen("over", ...stars, el("button", { type: "button", "data-do": "again", click: () => { this.rated = false; this.root.querySelector("[data-part=state]")?.remove(); this.start(); } }, t("again")));
  }

  private async rate(stars: number) {
    if (!this.made) return;
    this.rated = true;
    await fetch(`/api/calls/${this.made.call}/satisfaction`, { method: "POST", headers: { authorization: `Bearer ${this.made.secret}`, "content-type": "application/json" }, body: JSON.stringify({ stars }) }).catch(() => undefined);
    this.root.querySelector("[data-part=stars]")?.replaceChildren(t("thanks"));
  }
}

/** The working screen beside a companion: its form is shared while there is a call, and the case that it became is told. */
export function work(form: HTMLFormElement | null) {
  const screens = new BroadcastChannel(SCREENS);
  const say = (what: object) => screens.postMessage({ say: what });
  const [, kind, number] = location.pathname.split("/");
  const k = new URLSearchParams(location.search).get("k");
  if (kind === "c" && number && k) say({ case: { number, k } });
  if (!form) return;
  let sharing: Sharing | undefined;
  screens.onmessage = ({ data }) => {
    if (data.told === "joined") sharing ??= share(form, form.dataset.draft?.split("/")[2] ?? "", say, { take: t("take"), refuse: t("refuse"), proposes: t("proposes") });
    else if (data.told === "over") {
      sharing?.away();
      sharing = undefined;
    } else if (data.told) sharing?.told(data.told, data.what);
  };
  screens.postMessage({ asks: "call" });
}

const root = document.getElementById("call");
if (root) new CallPage(root);
