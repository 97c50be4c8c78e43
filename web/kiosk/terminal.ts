// The terminal itself: its secret, its line to the server, what it says of itself every fifteen seconds, what it is told.
import { ref, shallowRef } from "vue";
import { Problem, type Schemas } from "../client";

/** The one thing that a terminal keeps: who it is. */
const KEY = "yizhan.terminal";
/** After how long a line that broke is opened again, milliseconds. */
const AGAIN = 3_000;

type Identity = Pick<Schemas["Enrolled"], "device" | "secret" | "beat_seconds">;
type Condition = Schemas["ConditionOf"];

const stored = localStorage.getItem(KEY);
export const identity = shallowRef<Identity | null>(stored ? (JSON.parse(stored) as Identity) : null);
export const view = shallowRef<Schemas["KioskView"] | null>(null);
export const online = ref(navigator.onLine);
export const notice = ref("");
export const settings = shallowRef<Schemas["DeviceSettings"]>({ order: [], idle_seconds: 90 });

/** What a browser cannot see is what people say of it: whether the last receipt came out. */
export const printer = ref<Condition>("good");

let line: WebSocket | undefined;
let beating: ReturnType<typeof setInterval> | undefined;
let config = 0;
let done: number[] = [];
/** Whether somebody is being served: an order to start again waits until they have gone. */
let busy = () => false;

/** Asks the server as this terminal. */
export async function ask<T>(path: string, body?: unknown, key?: string): Promise<T> {
  const headers: Record<string, string> = { Authorization: `Bearer ${identity.value?.secret ?? ""}`, "Content-Type": "application/json" };
  if (key) headers["Idempotency-Key"] = key;
  const init: RequestInit = { headers };
  if (body !== undefined) Object.assign(init, { method: "POST", body: JSON.stringify(body) });
  const answer = await fetch(path, init);
  const said = answer.status === 204 ? undefined : await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, said?.code ?? "unknown", said?.title ?? "", said?.detail ?? "", said?.faults ?? []);
  return said as T;
}

/** A page of ours as a code to be scanned. */
export const codeOf = (path: string) => ask<Schemas["ScanCode"]>("/api/kiosk/codes", { path });

/** Trades a one-time code for this terminal's secret. */
export async function enrol(code: string): Promise<void> {
  const enrolled = await ask<Schemas["Enrolled"]>("/api/devices/enrol", { code });
  identity.value = { device: enrolled.device, secret: enrolled.secret, beat_seconds: enrolled.beat_seconds };
  localStorage.setItem(KEY, JSON.stringify(identity.value));
}

/** A demonstration hands a code out by itself; a real zone refuses. */
export async function enrolInDemonstration(): Promise<void> {
  const [one] = await ask<Schemas["DeviceCode"][]>("/api/demo/device-codes", { count: 1 });
  await enrol(one!.code);
}

/** What this terminal offers. A secret that ended makes it wait for a new code. */
export async function renew(): Promise<void> {
  try {
    view.value = await ask<Schemas["KioskView"]>("/api/kiosk");
    online.value = true;
  } catch (problem) {
    if (problem instanceof Problem && problem.code === "unknown-device") {
      identity.value = null;
      localStorage.removeItem(KEY);
    } else if (!(problem instanceof Problem)) online.value = false;
    throw problem;
  }
}

async function cameras(): Promise<Condition> {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  return devices.some((one) => one.kind === "videoinput") ? "good" : "absent";
}

async function beat(): Promise<void> {
  const said = { beat: { printer: printer.value, cameras: await cameras(), network: "good", screen: "good", config, done } };
  done = [];
  if (line?.readyState === WebSocket.OPEN) line.send(JSON.stringify(said));
}

function hear(told: Schemas["DeviceTold"]): void {
  if (told.config) {
    config = told.config.version;
    settings.value = told.config.settings;
  }
  let restart = false;
  for (const order of told.orders) {
    done.push(order.n);
    if (order.what === "notice") notice.value = order.text ?? "";
    else if (order.what === "restart") restart = true;
  }
  void beat().then(() => {
    if (!restart) return;
    // The answer goes out first; whoever stands here is not thrown out.
    const wait = setInterval(() => {
      if (busy()) return;
      clearInterval(wait);
      location.reload();
    }, 500);
  });
}

/** Opens the line and keeps it open; `served` says whether somebody is at the terminal. */
export function live(served: () => boolean): void {
  busy = served;
  addEventListener("offline", () => (online.value = false));
  addEventListener("online", () => line?.close());
  open();
}

function open(): void {
  if (!identity.value) return;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  line = new WebSocket(`${scheme}://${location.host}/api/devices/live`, ["yizhan.device", identity.value.secret]);
  line.onopen = () => {
    online.value = true;
    if (!view.value) void renew().catch(() => undefined);
    void beat();
    clearInterval(beating);
    beating = setInterval(() => void beat(), (identity.value?.beat_seconds ?? 15) * 1000);
  };
  line.onmessage = (event) => hear(JSON.parse(String(event.data)) as Schemas["DeviceTold"]);
  line.onclose = () => {
    clearInterval(beating);
    online.value = false;
    setTimeout(() => {
      // Whether the line is down or this terminal is no longer known is told by asking plainly.
      void renew().catch(() => undefined).finally(open);
    }, AGAIN);
  };
}

/** Tells a visit that is over; nobody is named in it. What cannot be told is dropped. */
export function tell(visit: Schemas["VisitSaid"]): void {
  if (line?.readyState === WebSocket.OPEN) line.send(JSON.stringify({ visit }));
  else void ask("/api/visits", visit).catch(() => undefined);
}
