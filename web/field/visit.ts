// A visit as it is kept: what was filled in at one place on one day, form by form, and how far each has been sent.
import { ref, shallowRef } from "vue";
import type { Fault, Schemas } from "../client";
import { filled, type Schema } from "../parts/schema";
import { drop, keep, listed, read } from "./seal";

export type Day = Schemas["FieldDay"];
export type Place = Schemas["FieldPlace"];
export type Form = Schemas["FieldForm"];

export interface Photo {
  id: string;
  paper: string;
  /** When it was taken, and where, if the phone said so. */
  at: string;
  place: string;
  bytes: number;
  small: string;
  /** The upload that carries it, once there is one; and whether it has arrived. */
  upload?: string;
  sent?: boolean;
}

export interface Part {
  service: string;
  title: string;
  answers: Record<string, unknown>;
  /** Counts up when a form that was returned is sent again: another request, another key. */
  round: number;
  state: "open" | "sent" | "returned";
  number?: string;
  why?: string;
  faults?: Fault[];
  photos: Photo[];
}

export interface Visit {
  /** Made on the phone: with it each request of this visit is the same request, however often it is sent. */
  id: string;
  subject: number;
  who: string;
  area: string;
  day: string;
  state: "draft" | "queued" | "sending" | "sent" | "returned";
  /** When it was handed in, milliseconds. */
  at: number;
  parts: Part[];
}

interface Kept { day: Day; tag: string; at: number }

export const day = shallowRef<Day | null>(null);
/** When the list was fetched, milliseconds. */
export const fetched = ref(0);
export const tag = ref("");
export const visits = ref<Visit[]>([]);
/** How many records could not be opened: never, unless the phone's storage is damaged. */
export const damaged = ref(0);

/** After how many days a visit that was sent is forgotten here. */
const FORGOTTEN_MS = 7 * 86_400_000;

/** Reads everything back after the PIN. What was being sent when the phone went off waits again. */
export async function load(): Promise<void> {
  const kept = await read<Kept>("day");
  if (kept) [day.value, tag.value, fetched.value] = [kept.day, kept.tag, kept.at];
  const all: Visit[] = [];
  for (const name of await listed("visit/")) {
    const visit = await read<Visit>(name).catch(() => void (damaged.value += 1));
    if (!visit) continue;
    if (visit.state === "sent" && Date.now() - visit.at > FORGOTTEN_MS) await drop(name);
    else all.push(visit.state === "sending" ? { ...visit, state: "queued" } : visit);
  }
  const wanted = new Set(all.flatMap((visit) => visit.parts.flatMap((part) => part.photos.filter((photo) => !photo.sent).map((photo) => `photo/${photo.id}`))));
  for (const name of await listed("photo/")) if (!wanted.has(name)) await drop(name);
  visits.value = all.sort((one, other) => other.at - one.at);
}

export async function keepDay(fresh: Day, of: string): Promise<void> {
  [day.value, tag.value, fetched.value] = [fresh, of, Date.now()];
  await keep("day", { day: fresh, tag: of, at: fetched.value } satisfies Kept);
}

/** The same list as before. */
export async function stillTheDay(): Promise<void> {
  fetched.value = Date.now();
  await keep("day", { day: day.value!, tag: tag.value, at: fetched.value } satisfies Kept);
}

export const save = (visit: Visit): Promise<void> => keep(`visit/${visit.id}`, visit);

/** The civil day by the server's calendar, counted on without it. */
export function today(): string {
  const midnight = (ms: number) => Math.floor((ms + 8 * 3_600_000) / 86_400_000);
  const began = new Date(`${day.value?.on ?? new Date().toISOString().slice(0, 10)}T00:00:00Z`).getTime();
  const passed = day.value ? midnight(Date.now()) - midnight(fetched.value) : 0;
  return new Date(began + passed * 86_400_000).toISOString().slice(0, 10);
}

/** A visit to a place that is not finished, or a new one. */
export function begin(place: Place): Visit {
  const known = visits.value.find((one) => one.subject === place.subject && (one.state === "draft" || one.state === "returned"));
  if (known) return known;
  const visit: Visit = { id: crypto.randomUUID(), subject: place.subject, who: place.who, area: place.area, day: today(), state: "draft", at: Date.now(), parts: [] };
  visits.value.unshift(visit);
  return visits.value[0]!;
}

export async function forget(visit: Visit): Promise<void> {
  visits.value = visits.value.filter((one) => one.id !== visit.id);
  for (const photo of visit.parts.flatMap((part) => part.photos)) await drop(`photo/${photo.id}`);
  await drop(`visit/${visit.id}`);
}

export const formOf = (service: string): Form | undefined => day.value?.forms.find((one) => one.service === service);
export const schemaOf = (form: Form): Schema => form.schema as Schema;

/** The first day that a form asks for is the day of the visit. */
export const dayField = (schema: Schema): string | undefined => Object.entries(schema.properties ?? {}).find(([, field]) => field.format === "date")?.[0];

/** What is known already of the answers to a form: where, about whom, on which day. */
export function known(visit: Visit, place: Place, form: Form): Record<string, unknown> {
  const due = place.dues.find((one) => one.service === form.service);
  const schema = schemaOf(form);
  const answers: Record<string, unknown> = { ...due?.prefill };
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (field["x-control"] === "region") answers[name] ??= place.area;
    if (field["x-control"] === "subject" && field["x-of"]?.includes(place.kind)) answers[name] ??= place.subject;
  }
  const on = dayField(schema);
  if (on) answers[on] = visit.day;
  return answers;
}

/** What two forms of a visit ask alike is asked once, in the first of them. */
function sharedWith(schema: Schema, earlier: Schema[]): string[] {
  const alike = ([name, field]: [string, Schema]) => earlier.some((one) => JSON.stringify(one.properties?.[name]) === JSON.stringify(field));
  return Object.entries(schema.properties ?? {}).filter(alike).map(([name]) => name);
}

/** What a form still asks: nothing that is known, nothing that another form of the visit asks, nobody who would have to be looked up. */
export function asks(visit: Visit, place: Place, form: Form): Schema {
  const schema = schemaOf(form);
  const before = visit.parts.slice(0, visit.parts.findIndex((part) => part.service === form.service));
  const earlier = before.map((part) => formOf(part.service)).filter((one) => one !== undefined).map(schemaOf);
  const said = new Set([...Object.keys(known(visit, place, form)), ...sharedWith(schema, earlier)]);
  const left = Object.entries(schema.properties ?? {}).filter(([name, field]) => !said.has(name) && field["x-control"] !== "subject");
  return { ...schema, properties: Object.fromEntries(left), required: schema.required?.filter((name) => !said.has(name)) };
}

/** The whole answers to a form, as they are sent. */
export function whole(visit: Visit, place: Place, form: Form): Record<string, unknown> {
  const own = visit.parts.find((part) => part.service === form.service)!;
  const shared: Record<string, unknown> = {};
  for (const part of visit.parts.slice(0, visit.parts.indexOf(own))) {
    const earlier = formOf(part.service);
    if (earlier) for (const name of sharedWith(schemaOf(form), [schemaOf(earlier)])) if (part.answers[name] !== undefined) shared[name] ??= part.answers[name];
  }
  return filled(schemaOf(form), { ...shared, ...own.answers, ...known(visit, place, form) });
}

/** What is wrong with answers as far as a phone can tell; the server has the last word. */
export function faults(schema: Schema, answers: Record<string, unknown>, words: { needed: string; wrong: string }): Fault[] {
  const found: Fault[] = [];
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const answer = answers[name];
    const empty = answer === undefined || answer === "" || (Array.isArray(answer) && !answer.length);
    const limits = field as { minimum?: number; maximum?: number; minLength?: number };
    const bad = empty
      ? schema.required?.includes(name) && field.type !== "boolean"
      : (field.pattern && !fits(field.pattern, String(answer))) ||
        (field.type === "integer" && !(Number(answer) >= (limits.minimum ?? -Infinity) && Number(answer) <= (limits.maximum ?? Infinity)));
    if (bad) found.push({ at: `/${name}`, what: empty ? "missing" : "wrong", said: empty ? words.needed : words.wrong });
  }
  return found;
}

function fits(pattern: string, answer: string): boolean {
  try {
    return new RegExp(pattern, "u").test(answer);
  } catch {
    // A pattern that this browser cannot read is the server's to judge.
    return true;
  }
}
