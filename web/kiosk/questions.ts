// A form as questions, one a screen; what is wrong with an answer is said before the next is asked.
import type { RegionRow } from "../client";
import { options, title, type Lang, type Schema } from "../parts/schema";
import { t } from "./words";

export interface Question {
  name: string;
  field: Schema;
  needed: boolean;
  /** The form with this question alone, for whoever draws it. */
  alone: Schema;
}

/** What is asked, in order. */
export function questions(form: Schema): Question[] {
  const asked = Object.entries(form.properties ?? {}).filter(([, field]) => field["x-control"] !== "hidden");
  return asked.map(([name, field]) => {
    const needed = form.required?.includes(name) ?? false;
    return { name, field, needed, alone: { type: "object", properties: { [name]: field }, required: needed ? [name] : [] } };
  });
}

const isEmpty = (answer: unknown) => answer === undefined || answer === "" || (Array.isArray(answer) && !answer.length);

/** What is wrong with an answer, by pointer; the server has the last word. */
export function faults(field: Schema, answer: unknown, needed: boolean, at: string, lang: Lang): { at: string; what: string; said: string }[] {
  const fault = (said: string) => [{ at, what: "", said }];
  if (field.type === "object") {
    const given = (answer ?? {}) as Record<string, unknown>;
    if (!needed && Object.values(given).every(isEmpty)) return [];
    return Object.entries(field.properties ?? {}).flatMap(([name, inner]) => faults(inner, given[name], field.required?.includes(name) ?? false, `${at}/${name}`, lang));
  }
  if (isEmpty(answer)) return needed && field.type !== "boolean" && field.type !== "array" ? fault(t("needed")) : [];
  if (field.type !== "string" || field.format === "date") return [];
  const text = String(answer);
  const misshapen = field["x-fault"]?.[lang] ?? t("misshapen");
  if (field.pattern && !new RegExp(field.pattern, "u").test(text)) return fault(misshapen);
  if (text.length > (field.maxLength ?? Infinity)) return fault(misshapen);
  return [];
}

/** An answer in words, for whoever checks it. */
export function inWords(field: Schema, answer: unknown, lang: Lang, regions: RegionRow[]): string {
  if (field.type === "boolean") return t(answer === true ? "yes" : "no");
  if (isEmpty(answer)) return t("empty");
  if (field["x-control"] === "region") return regions.find((one) => one.code === answer)?.name ?? String(answer);
  if (field.enum) return options(field, lang).find((one) => one.value === answer)?.title ?? String(answer);
  if (Array.isArray(answer)) {
    const each = answer.map((one) => inWords(field.items ?? {}, one, lang, regions));
    return each.join(lang === "zh" ? "、" : ", ");
  }
  if (field.type === "object" || typeof answer === "object") {
    const given = answer as Record<string, unknown>;
    const parts = Object.entries(field.properties ?? {}).filter(([name, inner]) => inner["x-control"] !== "hidden" && !isEmpty(given[name]));
    return parts.map(([name, inner]) => `${title(inner, lang, name)} ${inWords(inner, given[name], lang, regions)}`).join(" · ") || t("empty");
  }
  return String(answer);
}
