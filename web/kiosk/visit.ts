// A visit as steps with durations: what was wanted, where people erred, went back, asked for help, gave up. Nobody is in it:
// a step is a question's name, never its answer.
import type { Schemas } from "../client";
import { tell } from "./terminal";

type What = "done" | "error" | "help" | "back";
type Ending = "finished" | "gave-up" | "walked-away";

/** The most steps that are told. */
const MOST = 200;

/** A name as modules and steps have it. */
export const word = (name: string): string => name.replaceAll(/[^a-z]+/g, "-").replaceAll(/^-+|-+$/g, "").slice(0, 40) || "step";

let module = "";
let steps: Schemas["VisitSaid"]["steps"] = [];
let since = 0;

/** Somebody begins with a service. */
export function begin(name: string): void {
  [module, steps, since] = [word(name), [], performance.now()];
}

/** A step came to something. */
export function step(name: string, what: What): void {
  if (!module || steps.length >= MOST) return;
  const now = performance.now();
  steps.push({ step: word(name), what, took_ms: Math.round(now - since) });
  since = now;
}

/** The visit is over. */
export function end(ending: Ending): void {
  if (module && steps.length) {
    const [high, low] = crypto.getRandomValues(new Uint32Array(2));
    tell({ visit: (high! & 0x1fffff) * 2 ** 32 + low!, module, ending, steps });
  }
  [module, steps] = ["", []];
}
