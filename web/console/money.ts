// What the pages of money share: states of lines, reasons for holding somebody back, phases of transfers; amounts as people
// read and write them.
import type { Tag } from "./register";
import type { Word } from "./words";

/** How many rows of a long list are shown at a time. */
export const PAGE = 100;

/** How a batch stands. */
export const batches: Record<string, { word: Word; tag: Tag }> = {
  proposed: { word: "batchProposed", tag: "warning" },
  frozen: { word: "batchFrozen", tag: "info" },
  paying: { word: "batchPaying", tag: "warning" },
  paid: { word: "batchPaid", tag: "success" },
};

/** How a line stands; `out` is said of somebody who is left out by hand. */
export const lineStates: Record<string, { word: Word; tag: Tag }> = {
  open: { word: "lineOpen", tag: "info" },
  pending: { word: "linePending", tag: "warning" },
  paid: { word: "linePaid", tag: "success" },
  failed: { word: "lineFailed", tag: "danger" },
  out: { word: "lineOut", tag: "danger" },
};

/** Why somebody is held back. */
export const holds: Record<string, { word: Word; tag: Tag }> = {
  "not-entitled": { word: "heldNotEntitled", tag: "warning" },
  unknown: { word: "heldUnknown", tag: "info" },
  left: { word: "heldLeft", tag: "danger" },
  paid: { word: "heldPaid", tag: "success" },
  overlap: { word: "heldOverlap", tag: "warning" },
  "nothing-due": { word: "heldNothing", tag: "info" },
};

/** What a transfer does. */
export const phases: Record<string, { word: Word; tag: Tag }> = {
  direct: { word: "phaseDirect", tag: "success" },
  pending: { word: "phasePending", tag: "warning" },
  post: { word: "phasePost", tag: "success" },
  void: { word: "phaseVoid", tag: "danger" },
};

/** An amount in yuan with its fen, in groups of three digits: columns of them stand under one another. */
export const exact = (text: string): string => {
  const [whole = "", fen = ""] = text.split(".");
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${fen.padEnd(2, "0")}`.replace("-", "−");
};

/** An amount as the API takes it, from what was typed: `430` and `430.5` are amounts too; nothing of what is none. */
export const written = (typed: string): string => {
  const found = /^(\d{1,10})(?:\.(\d{1,2}))?$/.exec(typed.replace(/[,，\s]/g, ""));
  return found ? `${found[1]!.replace(/^0+(?=\d)/, "")}.${(found[2] ?? "").padEnd(2, "0")}` : "";
};

/** An amount in whole fen: amounts are never compared as fractions. */
export const fen = (text: string): bigint => BigInt(text.replace(".", "") || "0");

/** The page of a subject that an answer or a list names. */
export const pageOf = (row: { page: string; opens: number }): string =>
  ({ household: "/household/", project: "/projects/", asset: "/assets/", collective: "/books/" } as Record<string, string>)[row.page]?.concat(String(row.opens)) ?? `/accounts/${row.opens}`;

/** The address of a statement. */
export const statementOf = (subject: number, fund: string): string => `/money/${subject}/${encodeURIComponent(fund)}`;
