// A condition of a figure as rows of what, how and which value; its text is the expression that the loader reads. A text that is
// more than rows joined by "and" stays a text.
import type { Schemas } from "../client";

export type How = "is" | "is-not" | "known" | "unknown" | "eq" | "ne" | "in" | "lt" | "le" | "gt" | "ge";
export interface Row { path: string; how: How; value: string }
/** Something that can be asked of a kind, by the path to it. */
export interface Asked { path: string; title: string; of: string; made: boolean; codes: Schemas["Choice"][] }

const SIGNS: Partial<Record<How, string>> = { eq: "==", ne: "!=", lt: "<", le: "<=", gt: ">", ge: ">=" };
const variable = (name: string): string => name.replaceAll("-", "_");

/** All that a condition about a kind can ask: its own, and that of subjects which it names. */
export function asksOf(kinds: Schemas["KindChoice"][], kind: string): Asked[] {
  const of = (name: string) => kinds.find((one) => one.name === name);
  const asked = (path: string, title: string, field: Schemas["FieldChoice"]): Asked => ({ path: `${path}.${field.name}`, title: `${title}${field.title}`, of: field.of, made: field.made, codes: field.codes });
  const own = of(kind)?.fields ?? [];
  const near = own.filter((field) => field.of !== "subject").map((field) => asked(variable(kind), "", field));
  const named = own.filter((field) => field.of === "subject");
  const there = named.map((field) => ({ ...asked(variable(kind), "", field), of: "known" }));
  const far = named.flatMap((field) => (of(field.kind ?? "")?.fields ?? []).filter((one) => one.of !== "subject").map((one) => asked(`${variable(kind)}.${field.name}`, `${field.title} · `, one)));
  return [...near, ...far, ...there];
}

/** How something can be asked about, by what it is. */
export function hows(one: Asked | undefined): How[] {
  const there: How[] = one?.made ? [] : ["known", "unknown"];
  switch (one?.of) {
    case "truth": return ["is", "is-not", ...there];
    case "code": return ["eq", "ne", "in", ...there];
    case "number": case "money": case "day": return ["ge", "le", "gt", "lt", "eq", "ne", ...there];
    default: return ["known", "unknown"];
  }
}
export const hasValue = (how: How): boolean => !["is", "is-not", "known", "unknown"].includes(how);

function literal(of: string, value: string): string {
  if (of === "number") return /^-?\d+$/.test(value) ? value : JSON.stringify(value);
  if (of === "money") return `yuan(${JSON.stringify(value)})`;
  return of === "day" ? `day(${JSON.stringify(value)})` : JSON.stringify(value);
}

function said(row: Row, one: Asked | undefined): string {
  switch (row.how) {
    case "is": return row.path;
    case "is-not": return one?.made ? `!${row.path}` : `!(has(${row.path}) && ${row.path})`;
    case "known": return `has(${row.path})`;
    case "unknown": return `!has(${row.path})`;
    case "in": return `${row.path} in [${row.value.split(",").filter(Boolean).map((code) => JSON.stringify(code)).join(", ")}]`;
    default: return `${row.path} ${SIGNS[row.how]} ${literal(one?.of ?? "code", row.value)}`;
  }
}

/** Rows as the text of a condition. */
export const written = (rows: Row[], asks: Asked[]): string => rows.map((row) => said(row, asks.find((one) => one.path === row.path))).join(" && ");

/** The parts of a text that "and" joins, outside of brackets and quotes. */
function parts(text: string): string[] {
  const found = [""];
  let deep = 0;
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at]!;
    if (quote) quote = sign === quote ? "" : quote;
    else if (sign === '"' || sign === "'") quote = sign;
    else if ("([{".includes(sign)) deep += 1;
    else if (")]}".includes(sign)) deep -= 1;
    else if (!deep && text.startsWith("&&", at)) {
      found.push("");
      at += 1;
      continue;
    }
    found[found.length - 1] += sign;
  }
  return found.map((part) => part.trim());
}

const PATH = "([a-z_][a-z0-9_]*(?:\\.[a-z0-9_]+)+)";
const ONE = new RegExp(`^${PATH}$`);
const NOT = new RegExp(`^!${PATH}$`);
const NEVER = new RegExp(`^!\\(has\\(${PATH}\\) && ${PATH}\\)$`);
const HAS = new RegExp(`^(!?)has\\(${PATH}\\)$`);
const IN = new RegExp(`^${PATH} in \\[([^\\]]*)\\]$`);
const THAN = new RegExp(`^${PATH} (==|!=|<=|>=|<|>) (.+)$`);
const VALUE = /^(?:"([^"]*)"|'([^']*)'|(-?\d+)|yuan\("([^"]*)"\)|yuan\((\d+)\)|day\("([^"]*)"\))$/;

/** A text as rows; nothing where it says more than rows can. */
export function rowsOf(text: string, asks: Asked[]): Row[] | null {
  if (!text.trim()) return [];
  const rows: Row[] = [];
  for (const part of parts(text)) {
    const row = rowOf(part);
    const one = asks.find((asked) => asked.path === row?.path);
    if (!row || !one || !hows(one).includes(row.how)) return null;
    rows.push(row);
  }
  return rows;
}

function rowOf(part: string): Row | null {
  const never = NEVER.exec(part);
  if (never) return never[1] === never[2] ? { path: never[1]!, how: "is-not", value: "" } : null;
  const has = HAS.exec(part);
  if (has) return { path: has[2]!, how: has[1] ? "unknown" : "known", value: "" };
  const one = ONE.exec(part);
  if (one) return { path: one[1]!, how: "is", value: "" };
  const not = NOT.exec(part);
  if (not) return { path: not[1]!, how: "is-not", value: "" };
  const among = IN.exec(part);
  if (among) return { path: among[1]!, how: "in", value: among[2]!.split(",").map((code) => code.trim().replace(/^["']|["']$/g, "")).join(",") };
  const than = THAN.exec(part);
  const value = than && VALUE.exec(than[3]!.trim());
  if (!than || !value) return null;
  const how = (Object.keys(SIGNS) as How[]).find((one) => SIGNS[one] === than[2])!;
  return { path: than[1]!, how, value: value.slice(1).find((one) => one !== undefined) ?? "" };
}
