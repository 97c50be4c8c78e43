// Sending, once: each visit form by form, each form with its photos. Every request may be lost, arrive twice, or be answered to
// nobody; it is sent again under the same key until an answer is kept here.
import { ref } from "vue";
import { Problem, type Schemas } from "../client";
import { ask, Broken, CodeWanted, post, renew, Revoked } from "./net";
import { drop, readBytes } from "./seal";
import { keepDay, save, stillTheDay, tag, visits, type Day, type Part, type Photo, type Visit } from "./visit";

/** How many visits are under way at a time: while one waits for an answer, others use the line. */
const LANES = 3;
/** The size of a piece, in bytes: what a line that breaks costs. */
const PIECE = 16 * 1024;
/** How often a broken line is tried again before it waits for the network to say that it is back. */
const TRIES = 8;

export const sending = ref(false);
export const codeWanted = ref(false);
export const said = ref("");

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** Keeps asking while the line is broken, a little longer each time. */
async function until<T>(what: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await what();
    } catch (problem) {
      if (!(problem instanceof Broken) || tries >= TRIES || !navigator.onLine) throw problem;
      await pause(Math.min(100 * 2 ** tries, 15_000));
    }
  }
}

const keyOf = (visit: Visit, part: Part) => `${visit.id}-${part.service}-${part.round}`;

/** What was refused is returned to whoever filled it in, with the reason; a broken line is nobody's fault. */
function returned(part: Part, problem: unknown): void {
  if (!(problem instanceof Problem) || problem.code === "sign-in") throw problem;
  part.state = "returned";
  part.why = problem.message;
  part.faults = problem.faults;
}

async function sendPart(visit: Visit, part: Part): Promise<void> {
  try {
    if (!part.number) {
      const answer = await until(() => post(`/api/cases/${encodeURIComponent(part.service)}`, JSON.stringify(part.answers), keyOf(visit, part)));
      part.number = ((await answer.json()) as Schemas["Receipt"]).number;
      await save(visit);
    }
    for (const photo of part.photos.filter((one) => !one.sent)) await sendPhoto(visit, part, photo);
    part.state = "sent";
    // What has arrived need not lie on a phone.
    part.answers = {};
  } catch (problem) {
    returned(part, problem);
  }
  await save(visit);
}

/** By the resumable uploads that every paper takes; then it becomes a paper of its case. */
async function sendPhoto(visit: Visit, part: Part, photo: Photo): Promise<void> {
  const bytes = await readBytes(`photo/${photo.id}`);
  if (!bytes) return;
  for (let again = 0; ; again += 1) {
    const fresh = !photo.upload;
    if (!photo.upload) {
      const metadata = [`filename ${base64(`${photo.at.slice(0, 16).replace(/[T:]/g, "-")}.jpg`)}`, `taken ${base64(photo.at)}`, ...(photo.place ? [`place ${base64(photo.place)}`] : [])];
      const headers = { "Tus-Resumable": "1.0.0", "Upload-Length": String(bytes.byteLength), "Upload-Metadata": metadata.join(","), "Idempotency-Key": photo.id };
      const begun = await until(() => ask("/api/uploads", { method: "POST", headers }));
      photo.upload = begun.headers.get("Location")!.split("/").pop()!;
      await save(visit);
    }
    try {
      await pieces(photo.upload, bytes, fresh);
      await until(() => post(`/api/cases/${encodeURIComponent(part.number!)}/papers/${photo.paper}`, JSON.stringify({ upload: photo.upload }), `${photo.id}-attach`));
      break;
    } catch (problem) {
      // The upload is gone: it became a paper and the answer was lost, or it lay for more than a day. Sent anew, what is a
      // paper already stays one paper.
      if (!(problem instanceof Problem) || problem.status !== 404 || again > 1) throw problem;
      photo.upload = undefined;
    }
  }
  photo.sent = true;
  await save(visit);
  await drop(`photo/${photo.id}`);
}

async function pieces(upload: string, bytes: ArrayBuffer, fresh: boolean): Promise<void> {
  const address = `/api/uploads/${upload}`;
  let received = 0;
  let sure = fresh;
  while (received < bytes.byteLength || !sure) {
    await until(async () => {
      if (!sure) {
        // How far it came is asked after every break, and when the page begins again.
        const standing = await ask(address, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } });
        [received, sure] = [Number(standing.headers.get("Upload-Offset")), true];
        return;
      }
      sure = false;
      const headers = { "Tus-Resumable": "1.0.0", "Upload-Offset": String(received), "Content-Type": "application/offset+octet-stream" };
      const taken = await ask(address, { method: "PATCH", headers, body: bytes.slice(received, received + PIECE) });
      [received, sure] = [Number(taken.headers.get("Upload-Offset")), true];
    });
  }
}

async function sendVisit(visit: Visit): Promise<void> {
  visit.state = "sending";
  await save(visit);
  try {
    for (const part of visit.parts.filter((one) => one.state === "open")) await sendPart(visit, part);
    visit.state = visit.parts.some((part) => part.state === "returned") ? "returned" : "sent";
  } finally {
    if (visit.state === "sending") visit.state = "queued";
    await save(visit);
  }
}

/** The day's list, if it changed. */
export async function fetchDay(): Promise<void> {
  const answer = await until(() => ask("/api/field/day", tag.value ? { headers: { "If-None-Match": tag.value } } : {}));
  if (answer.status === 304) await stillTheDay();
  else await keepDay((await answer.json()) as Day, answer.headers.get("ETag") ?? "");
}

async function all(code: string): Promise<void> {
  await until(() => renew(code));
  codeWanted.value = false;
  const waiting = () => visits.value.find((visit) => visit.state === "queued");
  const lane = async () => {
    for (let visit = waiting(); visit; visit = waiting()) await sendVisit(visit);
  };
  const outcomes = await Promise.allSettled(Array.from({ length: LANES }, lane));
  const failed = outcomes.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
  await fetchDay();
}

/** Sends what waits and renews the list. One window at a time; a broken line is no failure, it waits. */
export async function sync(code = ""): Promise<void> {
  if (sending.value || !navigator.onLine) return;
  sending.value = true;
  said.value = "";
  try {
    await (navigator.locks ? navigator.locks.request("yizhan.field.send", () => all(code)) : all(code));
  } catch (problem) {
    if (problem instanceof Revoked) throw problem;
    if (problem instanceof CodeWanted) codeWanted.value = true;
    else if (!(problem instanceof Broken)) said.value = (problem as Error).message;
  } finally {
    sending.value = false;
  }
}
