// Two texts, line by line: what stays, what is gone, what was added; with a few lines around each change.

export interface Row {
  kind: "same" | "gone" | "added" | "apart";
  text: string;
}

/** How many lines around a change are shown. */
const AROUND = 3;

/** The shortest way from one text to the other. What is alike at both ends is set aside first; files have some hundred lines. */
export function lines(before: string, after: string): Row[] {
  const [one, other] = [before ? before.split("\n") : [], after.split("\n")];
  let [head, tail] = [0, 0];
  while (head < one.length && head < other.length && one[head] === other[head]) head += 1;
  while (tail < one.length - head && tail < other.length - head && one.at(-1 - tail) === other.at(-1 - tail)) tail += 1;
  const [a, b] = [one.slice(head, one.length - tail), other.slice(head, other.length - tail)];
  // longest[i][j]: how many lines a from i on and b from j on have in common.
  const longest = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) longest[i]![j] = a[i] === b[j] ? longest[i + 1]![j + 1]! + 1 : Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!);
  }
  const rows: Row[] = one.slice(0, head).map((text) => ({ kind: "same", text }));
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) rows.push({ kind: "same", text: (j++, a[i++]!) });
    else if (i < a.length && (j === b.length || longest[i + 1]![j]! >= longest[i]![j + 1]!)) rows.push({ kind: "gone", text: a[i++]! });
    else rows.push({ kind: "added", text: b[j++]! });
  }
  return rows.concat(one.slice(one.length - tail).map((text) => ({ kind: "same", text })));
}

/** What is worth showing: the changes with what stands around them; the rest is folded. */
export function shown(rows: Row[]): Row[] {
  const near = rows.map((_, at) => rows.slice(Math.max(0, at - AROUND), at + AROUND + 1).some((row) => row.kind !== "same"));
  return rows.flatMap((row, at) => (near[at] ? [row] : at > 0 && near[at - 1] ? [{ kind: "apart" as const, text: "…" }] : []));
}
