// What the register's pages share: kinds of rules, ways of being wrong, verdicts, each with its word and its tone.
import type { Schemas } from "../client";
import type { Schema } from "../parts/schema";
import { t, type Word } from "./words";

export type Tone = "brand" | "wrong" | "quiet" | "good" | "due";
export type Tag = "success" | "warning" | "danger" | "info";

/** The kinds of rules, in the order of the board. */
export const kinds: Record<string, { word: Word; claim: Word; tone: Tone }> = {
  standard: { word: "kindStandard", claim: "claimStandard", tone: "wrong" },
  duty: { word: "kindDuty", claim: "claimDuty", tone: "due" },
  paper: { word: "kindPaper", claim: "claimPaper", tone: "brand" },
  entitlement: { word: "kindEntitlement", claim: "claimEntitlement", tone: "good" },
  quality: { word: "kindQuality", claim: "claimQuality", tone: "quiet" },
};

/** Whom a rule is about. */
export const abouts: Record<string, Word> = { household: "aboutHousehold", person: "aboutPerson", house: "aboutHouse", "water-point": "aboutWater", project: "aboutProject", asset: "aboutAsset", contract: "aboutContract" };

/** The ways of being wrong. */
export const ways: Record<string, { word: Word; tag: Tag }> = {
  fails: { word: "gapFails", tag: "danger" },
  missing: { word: "gapMissing", tag: "danger" },
  undue: { word: "gapUndue", tag: "warning" },
  unknown: { word: "gapUnknown", tag: "info" },
};

/** How a rule comes out, the gravest first. */
export const verdicts: Record<string, { word: Word; tag: Tag; sign: string }> = {
  fails: { word: "vFails", tag: "danger", sign: "✗" },
  missing: { word: "vMissing", tag: "danger", sign: "✗" },
  undue: { word: "vUndue", tag: "warning", sign: "!" },
  unknown: { word: "vUnknown", tag: "info", sign: "?" },
  receiving: { word: "vReceiving", tag: "success", sign: "✓" },
  passes: { word: "vPasses", tag: "success", sign: "✓" },
  entitled: { word: "vEntitled", tag: "success", sign: "✓" },
  "not-entitled": { word: "vNotEntitled", tag: "info", sign: "–" },
  "not-judged": { word: "vNotJudged", tag: "info", sign: "–" },
};

const grave = Object.keys(verdicts);
const order = Object.keys(kinds);

/** Whether something is to be done about it. */
export const wrong = (verdict: string): boolean => verdict in ways;

/** The gravest first, then by kind. */
export const byGravity = (one: Schemas["VerdictView"], other: Schemas["VerdictView"]): number =>
  grave.indexOf(one.verdict) - grave.indexOf(other.verdict) || order.indexOf(one.kind) - order.indexOf(other.kind);

/** A number of people, in groups of three digits. */
export const grouped = (n: number): string => n.toLocaleString("en-US");

/** An amount in yuan, in groups of three digits, without fen that are none. */
export const yuan = (text: string): string => {
  const [whole = "", fen = ""] = text.split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (/^0*$/.test(fen) ? "" : `.${fen}`);
};

/** Of how many it is so, and of how many it is to be. */
export const claimOf = (rule: Schemas["RuleRow"]): { so: number; all: number } =>
  rule.kind === "entitlement" ? { so: rule.counts.receiving, all: rule.counts.yes } : { so: rule.counts.yes, all: rule.counts.applies };

/** The exceptions to a rule, each with how many there are; those that are none are left out. */
export const exceptionsOf = (kind: string, counts: Schemas["RuleCounts"]): { which: string; many: number }[] =>
  (kind === "entitlement"
    ? [{ which: "missing", many: counts.missing }, { which: "undue", many: counts.undue }, { which: "unknown", many: counts.unknown }]
    : [{ which: "fails", many: counts.no }, { which: "unknown", many: counts.unknown }]
  ).filter((one) => one.many > 0);

/** The list of the exceptions to a rule. */
export const exceptionsAt = (rule: Schemas["RuleRow"], which: string, area = "") => ({
  path: rule.kind === "quality" ? "/quality" : "/gaps",
  query: { ...(rule.kind === "quality" ? {} : { kind: rule.kind }), rule: rule.name, which, ...(area ? { area } : {}) },
});

/** The changes that may be recorded of a household, in the order in which they are offered. */
const changes = [
  "help-measures", "instant-help", "monitoring-start", "monitoring-end", "poverty-identification", "poverty-exit", "poverty-return",
  "member-joins", "household-split", "household-merge", "household-move", "member-leaves", "lives-by-turns",
];

/** Those that a role may open: a change is what cannot be asked for without a household; one of a member not without them. */
export const changesFor = (services: Schemas["ServicePage"][], role: string) => {
  const place = (name: string) => (changes.includes(name) ? changes.indexOf(name) : changes.length);
  const needs = (one: Schemas["ServicePage"], what: string) => (one.form as Schema).required?.includes(what) ?? false;
  const mine = services.filter((one) => one.opened_by.includes(role) && needs(one, "household"));
  const sorted = mine.sort((one, other) => place(one.name) - place(other.name));
  return { household: sorted.filter((one) => !needs(one, "person")), member: sorted.filter((one) => needs(one, "person")) };
};

/** A verdict's place on its household's page. */
export const placeOf = (subject: number, rule: string): string => `${subject}-${rule}`;

/** The word of something that a table above names, or what it is called itself. */
export const said = (table: Record<string, { word: Word }>, name: string): string => (table[name] ? t(table[name].word) : name);
