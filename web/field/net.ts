// The phone's line to the server: a short session for its secret, renewed when it is over. What a revoked phone hears is told to
// whoever wipes it.
import { Problem, type Schemas } from "../client";
import { get } from "./keep";
import { read } from "./seal";

/** How long an answer is waited for, milliseconds: a photo on a bad line takes a while. */
const PATIENCE = 60_000;

/** The network is not there, or broke: nothing is known of what was asked. */
export class Broken extends Error {}

/** The phone was revoked. */
export class Revoked extends Error {}

/** A code of the second factor is wanted before anything goes on. */
export class CodeWanted extends Error {}

interface Secret { secret: string }

export async function problemOf(answer: Response): Promise<Problem> {
  const said = await answer.json().catch(() => ({}));
  return new Problem(answer.status, said.code ?? "unknown", said.title ?? "", said.detail ?? "", said.faults ?? [], said);
}

async function asked(path: string, init: RequestInit): Promise<Response> {
  const phone = (await get<string>("plain", "phone")) ?? "";
  const headers = { "Field-Phone": phone, ...(init.headers as Record<string, string>) };
  try {
    return await fetch(path, { ...init, headers, signal: AbortSignal.timeout(PATIENCE) });
  } catch (what) {
    throw new Broken((what as Error).message);
  }
}

/** Asks for a session; with a code of the second factor, where it was asked for. */
export async function renew(code = ""): Promise<void> {
  const { secret } = (await read<Secret>("secret"))!;
  const headers = { Authorization: `Bearer ${secret}`, "Content-Type": "application/json" };
  const answer = await asked("/api/field/session", { method: "POST", headers, body: JSON.stringify({ code }) });
  if (answer.ok) return;
  const problem = await problemOf(answer);
  if (problem.code === "phone-revoked") throw new Revoked(problem.message);
  if (problem.code === "second-factor" && !code) throw new CodeWanted(problem.message);
  throw problem;
}

/** Asks as this phone; a session that is over is renewed once. What is refused is thrown. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  for (let again = true; ; again = false) {
    const answer = await asked(path, init);
    if (answer.ok || answer.status === 304) return answer;
    const problem = await problemOf(answer);
    if (problem.code === "phone-revoked") throw new Revoked(problem.message);
    // The server is busy or going down: as good as no network.
    if (answer.status >= 500 || answer.status === 429) throw new Broken(problem.message);
    // Whether a session is over or the phone is, an answer without a body cannot say; asking for the next session does.
    const mute = problem.code === "unknown" && (answer.status === 401 || answer.status === 403);
    if (!(problem.code === "sign-in" || mute) || !again) throw problem;
    await renew();
  }
}

export const post = (path: string, body: string, key: string): Promise<Response> =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json", "Idempotency-Key": key }, body });

/** Where this phone stands, asked without its secret, so that a locked one hears that it was revoked. */
export async function standing(): Promise<string> {
  const phone = await get<string>("plain", "phone");
  if (!phone) return "unknown";
  const answer = await asked("/api/field/standing", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ phone }) });
  return answer.ok ? ((await answer.json()) as Schemas["PhoneStanding"]).state : "";
}

/** A plain request of whoever is about to enrol this phone, in their own session. */
export async function plain<T>(path: string, body: unknown): Promise<T> {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).catch((what: Error) => {
    throw new Broken(what.message);
  });
  if (!answer.ok) throw await problemOf(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}
