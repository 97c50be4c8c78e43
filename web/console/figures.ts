// A report in the making: its file, the same as a tree that forms edit, and what the loader says of it. It lives in this browser
// only, so that a page that is closed by mistake loses nothing.
import { reactive, ref, watch } from "vue";
import { api, type Schemas } from "../client";
import type { Both } from "./editor";
import { words, type Word } from "./words";

export interface Figure {
  id: string; title: Both; unit: string; counts?: string; measure?: string; not_counted?: Both; with?: string; least?: boolean; public?: boolean;
  fund?: string[]; programme?: string[]; service?: string[]; from?: string; to?: string; payer?: string; payee?: string; members?: string; layer?: string;
  kind?: string; where?: string; among?: string; value?: string; attribute?: string; is?: string[]; ended?: boolean; parameter?: string; rule?: string[];
  entries?: string; reads?: string; over?: string[];
}
export interface Section { title: Both; figure: Figure[] }
export interface Report { title: Both; about: Both; source: string; from: string; to: string; units: Record<string, string>; section: Section[] }
export interface Draft { report: string; number: number; text: string; isNew: boolean }

const KEPT = "yizhan-report-draft";
export const draft = ref<Draft | null>(JSON.parse(localStorage.getItem(KEPT) ?? "null") as Draft | null);
export const shaped = reactive({ tree: null as Report | null, before: null as string | null, mistakes: [] as Schemas["Located"][], changed: false, /** Whether something was edited that the loader has not read yet. */ pending: false });
watch(draft, (now) => (now ? localStorage.setItem(KEPT, JSON.stringify(now)) : localStorage.removeItem(KEPT)), { deep: true });

/** Reads the draft: what was edited as a form is written into its text first; what was edited as a text is read from it. */
export async function shape(from: "form" | "text"): Promise<void> {
  const now = draft.value;
  if (!now) return;
  const tree = from === "form" && shaped.tree ? { tree: shaped.tree as never } : {};
  const answer = await api.shapeReport({ report: now.report, text: now.text, number: now.number, ...tree });
  if (draft.value !== now) return;
  now.text = answer.text;
  Object.assign(shaped, { before: answer.before ?? null, mistakes: answer.mistakes, changed: answer.changed });
  if (from === "text") shaped.tree = (answer.tree ?? null) as Report | null;
}
/** Nothing is in the making any more. */
export function away(): void {
  draft.value = null;
  Object.assign(shaped, { tree: null, before: null, mistakes: [], changed: false, pending: false });
}

export const figures = (): Figure[] => shaped.tree?.section.flatMap((section) => section.figure ?? []) ?? [];
/** Where mistakes of a figure stand: all sections are counted through. */
export const placeOf = (figure: Figure): string => `/section.figure/${figures().indexOf(figure)}`;
/** The mistakes of a place; of a figure as a whole with those of its fields. */
export const mistakesAt = (at: string): Schemas["Located"][] => shaped.mistakes.filter((one) => one.at === at || one.at.startsWith(`${at}/`));

/** The unit that usually goes with a measure, as the file says it and in English. */
export function unitOf(figure: Figure): readonly [string, string] | null {
  const word = `countedIn_${figure.measure === "subjects" ? (figure.kind ?? figure.to ?? "subjects") : figure.measure}` as Word;
  return (words[word] as readonly [string, string] | undefined) ?? null;
}

/** An id that no figure has: A1, A2 … */
export function freeId(): string {
  const taken = figures().map((figure) => figure.id);
  for (let n = 1; ; n += 1) if (!taken.includes(`A${n}`)) return `A${n}`;
}

/** A figure to begin with: those of a kind, all of them. */
export function newFigure(choices: Schemas["FigureChoices"]): Figure {
  const kind = choices.kinds.find((one) => one.name === "household") ?? choices.kinds[0];
  const figure: Figure = { id: freeId(), title: { zh: "", en: "" }, unit: "", counts: "subjects", measure: "subjects", public: false, kind: kind?.name, where: firstOf(kind) };
  takeUnit(figure);
  return figure;
}
/** A condition that holds of all of a kind that are there. */
export function firstOf(kind: Schemas["KindChoice"] | undefined): string {
  const name = (kind?.name ?? "").replaceAll("-", "_");
  const here = kind?.fields.find((field) => field.name === "here") ?? kind?.fields.find((field) => field.name === "on_register");
  if (here) return `${name}.${here.name}`;
  const area = kind?.fields.find((field) => field.name === "area") ?? kind?.fields.find((field) => !field.made);
  return area ? `has(${name}.${area.name})` : "true";
}
/** Gives a figure the usual unit of what is told of it, or of something like it. */
export function takeUnit(like: Figure, figure = like): void {
  const unit = unitOf(like);
  if (!unit) return;
  figure.unit = unit[0];
  if (shaped.tree) shaped.tree.units[unit[0]] ??= unit[1];
}
/** Takes what does not go with what is counted off a figure. */
export function fit(figure: Figure, choices: Schemas["FigureChoices"]): void {
  const counts = choices.counts.find((one) => one.name === figure.counts);
  if (!counts) return;
  delete figure.not_counted;
  const keys = new Set(choices.counts.flatMap((one) => one.keys).filter((key) => !counts.keys.includes(key)));
  for (const key of keys) delete figure[key as keyof Figure];
  figure.measure = counts.measures[0];
  if (counts.keys.includes("kind") && !figure.kind) figure.kind = "person";
  if (figure.counts === "subjects" && !figure.where) figure.where = firstOf(choices.kinds.find((one) => one.name === figure.kind));
  if (figure.counts === "catalog") figure.entries ??= "layers";
  keep(figure);
  takeUnit(figure);
}
/** Takes what does not go with the measure off a figure. */
export function keep(figure: Figure): void {
  if (figure.measure !== "rate") delete figure.among;
  if (!["sum", "mean", "values"].includes(figure.measure ?? "") || figure.counts !== "subjects") delete figure.value;
}
