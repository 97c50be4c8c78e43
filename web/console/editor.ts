// A draft of a service: its files, the same as a tree that forms edit, and what the loader says of it. It lives in this browser
// only, so that a page that is closed by mistake loses nothing.
import { reactive, ref, watch } from "vue";
import { api, type Schemas } from "../client";
import type { Schema } from "../parts/schema";
import { words, type Word } from "./words";

/** A text in both languages. */
export interface Both { zh: string; en: string }
/** A word of the console in both languages. */
export const both = (word: Word): Both => ({ zh: words[word][0], en: words[word][1] });
export interface Learn { of: string; attribute: string; from?: string; constant?: string; subject?: string; day?: boolean; ends?: boolean; when?: unknown; during?: string }
export interface Pay { fund: string; from: string; to: string; amount: string; most?: string; rule?: string; when?: unknown }
export interface Step {
  name: string; title: Both; who: string; within?: string; notice_days?: number; may?: string[]; form?: string; papers?: string[];
  register?: Learn[]; facts?: { attribute: string; constant?: string; from?: string }[]; money?: Pay[]; tell?: Both; same_person?: boolean;
}
export interface Paper { name: string; title: Both; who?: string[]; holder?: boolean }
export interface Attribute { name: string; title: Both; kind: string; seen_by: string[] }
export interface Example { of?: string; answers: Record<string, unknown>; expect: string; at?: string }
export interface Tree {
  title: Both; about: Both; received?: Both; serves?: string[]; search?: string[]; number_prefix: string; opened_by: string[]; purpose: string;
  keep_days: number | string; form: string; area: string; attribute?: Attribute[]; paper?: Paper[]; step: Step[]; example?: Example[];
}
export type Form = Schema & { properties: Record<string, Field>; required?: string[] };
export type Field = Schema & { minLength?: number; minimum?: number; maximum?: number; "x-title-en"?: string };

export interface Draft {
  service: string;
  number: number;
  files: { path: string; text: string }[];
}

const KEPT = "yizhan-service-draft";
export const draft = ref<Draft | null>(JSON.parse(localStorage.getItem(KEPT) ?? "null") as Draft | null);
export const shaped = reactive({
  tree: null as Tree | null,
  forms: {} as Record<string, Form>,
  unread: [] as string[],
  mistakes: [] as Schemas["Located"][],
  changed: [] as string[],
  files: [] as Schemas["ChangedFile"][],
  /** Whether the loader is being asked, so that what it said before is of before. */
  asking: false,
});
watch(draft, (now) => (now ? localStorage.setItem(KEPT, JSON.stringify(now)) : localStorage.removeItem(KEPT)), { deep: true });

export const ownPath = (): string => `service/${draft.value?.service}.toml`;
/** The mistakes of a place of the service's file, or of a form. */
export const mistakesAt = (at: string, file = ownPath()): Schemas["Located"][] => shaped.mistakes.filter((one) => one.file === file && (one.at === at || one.at.startsWith(`${at}/`)));
/** The form that is asked first. */
export const asked = (): Form | undefined => shaped.forms[shaped.tree?.form ?? ""];
export const formOf = (step: Step): Form | undefined => (step.form ? shaped.forms[step.form] : undefined);

/** The newest question to the loader, and text that is on its way to become forms. */
let turn = 0;
let reading: Promise<void> | undefined;

/**
 * Reads the draft: what was edited as a form is written into its files first; what was edited as text is read from them. An answer to
 * an older question says nothing of what was edited since, and forms are not written over text that is being read.
 */
export async function shape(from: "form" | "text"): Promise<void> {
  if (from === "form") {
    await reading?.catch(() => undefined);
    return one(from);
  }
  const asked = one(from);
  reading = asked;
  try {
    await asked;
  } finally {
    if (reading === asked) reading = undefined;
  }
}

async function one(from: "form" | "text"): Promise<void> {
  const now = draft.value;
  if (!now) return;
  const mine = ++turn;
  shaped.asking = true;
  try {
    await ask(now, from, mine);
  } finally {
    if (turn === mine) shaped.asking = false;
  }
}

async function ask(now: Draft, from: "form" | "text", mine: number): Promise<void> {
  const edited = from === "form" && shaped.tree ? { tree: shaped.tree as never, forms: shaped.forms as never } : {};
  const answer = await api.editorDraft({ service: now.service, number: now.number, files: now.files, ...edited });
  if (draft.value !== now || turn !== mine) return;
  now.files = answer.files.map((file) => ({ path: file.path, text: file.after }));
  Object.assign(shaped, { unread: answer.unread, mistakes: answer.mistakes, changed: answer.changed, files: answer.files });
  if (from === "form") return;
  shaped.tree = (answer.tree ?? null) as Tree | null;
  shaped.forms = answer.forms as unknown as Record<string, Form>;
}

/** What a field can ask for. */
export const KINDS = ["name", "text", "number", "money", "day", "choice", "yesno", "phone", "region", "subject"] as const;
export type Kind = (typeof KINDS)[number] | "other";

const WORDS = "^[^<>;={}\\\\\"`\\p{Extended_Pictographic}]+$";
const NAME = "^[\\p{L}\\p{M}\\p{N}·•.'’ -]+$";
const PHONE = "^1[3-9][0-9]{9}$";
const MONEY = "^[0-9]{1,10}\\.[0-9]{2}$";

/** What a field asks for, as far as the form knows it. */
export function kindOf(field: Field): Kind {
  if (field["x-control"] === "region") return "region";
  if (field["x-control"] === "subject") return "subject";
  if (field["x-control"]) return "other";
  if (field.enum) return "choice";
  if (field.type === "boolean") return "yesno";
  if (field.type === "integer") return "number";
  if (field.type !== "string") return "other";
  if (field.format === "date") return "day";
  if (field.pattern === PHONE) return "phone";
  if (field.pattern === MONEY) return "money";
  return field.pattern === NAME ? "name" : "text";
}

/** A field of a kind, called as before. */
export function fieldOf(kind: Kind, before: Field): Field {
  const called = { title: before.title ?? "", "x-title-en": before["x-title-en"] ?? "" };
  switch (kind) {
    case "number": return { ...called, type: "integer", minimum: 0, maximum: 1_000_000 };
    case "money": return { ...called, type: "string", minLength: 4, maxLength: 14, pattern: MONEY, "x-fault": both("fault_money") };
    case "day": return { ...called, type: "string", format: "date", maxLength: 10 };
    case "choice": return { ...called, type: "string", enum: ["a", "b"], "x-enum-titles": [both("firstOption"), both("secondOption")] };
    case "yesno": return { ...called, type: "boolean" };
    case "phone": return { ...called, type: "string", maxLength: 11, pattern: PHONE, "x-fault": both("fault_phone") };
    case "region": return { ...called, type: "string", maxLength: 12, pattern: "^[0-9]{12}$", "x-control": "region" };
    case "subject": return { ...called, type: "integer", minimum: 1, maximum: 4_294_967_295, "x-control": "subject", "x-of": ["person"] };
    case "name": return { ...called, type: "string", minLength: 1, maxLength: 50, pattern: NAME, "x-fault": both("fault_name") };
    case "text": return { ...called, type: "string", minLength: 1, maxLength: 300, pattern: WORDS, "x-fault": both("fault_words") };
    default: return before;
  }
}

/** A name that is not taken: `field`, `field-2`. */
export function free(name: string, taken: string[]): string {
  for (let n = 1; ; n += 1) {
    const one = n === 1 ? name : `${name}-${n}`;
    if (!taken.includes(one)) return one;
  }
}

/** The same properties in another order, one of them under another name. */
export function renamed<T>(fields: Record<string, T>, from: string, to: string): Record<string, T> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name === from ? to : name, field]));
}

/** Moves one of a list up or down. */
export function moved<T>(list: T[], at: number, by: number): void {
  const to = at + by;
  if (to < 0 || to >= list.length) return;
  list.splice(to, 0, ...list.splice(at, 1));
}

/** An empty form for a step. */
export const newForm = (title: Both): Form => ({ $schema: "https://json-schema.org/draft/2020-12/schema", title: title.zh, "x-title-en": title.en, type: "object", additionalProperties: false, required: [], properties: {} }) as unknown as Form;
