// The call that the companion screen holds, as the work screen knows it: whether there is one, what the agent points at, what
// they propose. What is being filled in is shared with them, question by question; nothing is set that the person does not take.
import { ref, shallowRef } from "vue";
import type { Schemas } from "../client";
import { isBeside, ring } from "./beside";
import { ask } from "./terminal";
import { lang } from "./words";

/** Where the two screens of a terminal speak of a call; the caller's page on the companion knows it by this name. */
const channel = "BroadcastChannel" in window ? new BroadcastChannel("yizhan-call") : undefined;

export const call = ref<"none" | "waits" | "talks">("none");
/** The pointer of the answer that the agent points at. */
export const pointed = ref("");
export const proposed = shallowRef<{ n: number; at: string; value: string } | null>(null);

channel?.addEventListener("message", ({ data }) => {
  if (data.told === "joined") call.value = "talks";
  else if (data.told === "over") {
    call.value = "none";
    [pointed.value, proposed.value] = ["", null];
  } else if (data.told === "point") pointed.value = data.what.at ?? "";
  else if (data.told === "proposed") proposed.value = data.what;
});
channel?.postMessage({ asks: "call" });

const say = (what: object) => channel?.postMessage({ say: what });

/** Calls somebody about a service; the companion goes on with it. Without a companion nobody is called: false. */
export async function callSomebody(service: string): Promise<boolean> {
  if (!(await isBeside())) return false;
  const made = await ask<Schemas["CallMade"]>("/api/calls", { service, language: lang.value, channel: "terminal", mobile: "", call_back: false }, crypto.randomUUID());
  ring(made, service);
  call.value = "waits";
  return true;
}

export const hangUp = (): void => {
  if (call.value === "none") return;
  say({ "hang-up": {} });
  call.value = "none";
};

/** What is answered so far, by pointer, as an agent reads it. */
export function flat(answers: Record<string, unknown>, at = ""): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, answer] of Object.entries(answers)) {
    const own = `${at}/${name}`;
    if (answer && typeof answer === "object" && !Array.isArray(answer)) Object.assign(fields, flat(answer as Record<string, unknown>, own));
    else if (answer !== undefined && answer !== "" && (!Array.isArray(answer) || typeof answer[0] !== "object")) fields[own] = String(answer).slice(0, 1000);
  }
  return fields;
}

let shared: Record<string, string> | undefined;

/** Shares the answers with the agent: whole the first time, then what changed. */
export function share(service: string, answers: Record<string, unknown>): void {
  const now = flat(answers);
  if (!shared) say({ form: { service, fields: now } });
  else for (const at of new Set([...Object.keys(now), ...Object.keys(shared)])) if (now[at] !== shared[at]) say({ field: { at, value: now[at] ?? "" } });
  shared = now;
}

/** The form is shared no more. */
export function unshare(): void {
  if (shared) say({ "form-away": {} });
  shared = undefined;
}

/** The person takes a proposal, or does not. */
export function answerProposal(taken: boolean): void {
  if (proposed.value) say({ reply: { n: proposed.value.n, taken } });
  proposed.value = null;
}

/** The form became a case. */
export const becameCase = (receipt: Schemas["Receipt"]): void => say({ case: { number: receipt.number, k: receipt.receipt } });
