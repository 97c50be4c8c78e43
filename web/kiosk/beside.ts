// What the work screen tells the companion screen. It never leaves the machine, and nothing that was answered is in it.
import { ref, shallowRef } from "vue";
import type { Lang } from "../parts/schema";

export interface Shown {
  lang: Lang;
  care: boolean;
  hall: string;
  /** What is going on, in a few words; empty while nobody is there. */
  title: string;
  /** What to do now, in a sentence. */
  says: string;
  /** What else to know: guidance, papers. */
  list: string[];
  /** How far one is: the place of the question, and how many there are. */
  at: number;
  of: number;
  /** A code to be scanned, an SVG. */
  code: string;
}

export const nothing: Shown = { lang: "zh", care: false, hall: "", title: "", says: "", list: [], at: 0, of: 0, code: "" };

const channel = "BroadcastChannel" in window ? new BroadcastChannel("yizhan.kiosk") : undefined;
let last: Shown = nothing;

/** Shows something beside. */
export function show(what: Partial<Shown>): void {
  last = { ...last, ...what };
  channel?.postMessage(last);
}

/** Answers a companion screen that was opened later. */
export function answerCompanion(): void {
  channel?.addEventListener("message", (event) => event.data === "what?" && channel.postMessage(last));
}

/** How long a companion has to say that it is there, milliseconds. */
const THERE = 400;

/** Whether there is a companion screen. */
export function isBeside(): Promise<boolean> {
  return new Promise((tell) => {
    const hear = (event: MessageEvent) => event.data === "here" && tell(true);
    channel?.addEventListener("message", hear);
    channel?.postMessage("there?");
    setTimeout(() => {
      channel?.removeEventListener("message", hear);
      tell(false);
    }, THERE);
  });
}

/** Hands a call to the companion, which goes on with it. */
export const ring = (made: object, service: string): void => channel?.postMessage({ ring: made, service });

/** What the work screen shows beside, as the companion hears it. */
export function heard() {
  const shown = shallowRef<Shown>(nothing);
  const isThere = ref(false);
  channel?.addEventListener("message", (event) => {
    if (event.data === "there?") channel.postMessage("here");
    if (typeof event.data !== "object") return;
    if ("ring" in event.data) {
      // The caller's page finds the call where it keeps its own, and joins it.
      sessionStorage.setItem("call", JSON.stringify(event.data.ring));
      location.assign(`/call?for=${encodeURIComponent(event.data.service)}&both&companion`);
      return;
    }
    shown.value = event.data as Shown;
    isThere.value = true;
  });
  channel?.postMessage("what?");
  return { shown, isThere };
}
