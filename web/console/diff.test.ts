import { expect, test } from "vitest";
import { lines, shown } from "./diff";

test("two texts are told apart line by line, and either can be had back", () => {
  const before = "a\nb\nc\nd\ne";
  const after = "a\nx\nc\ne\nf";
  const rows = lines(before, after);
  expect(rows.map((row) => (row.kind === "same" ? " " : row.kind === "gone" ? "-" : "+") + row.text)).toEqual([" a", "-b", "+x", " c", "-d", " e", "+f"]);
  let seed = 7;
  const next = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let n = 0; n < 200; n++) {
    const text = () => Array.from({ length: 1 + next(12) }, () => "abc"[next(3)]).join("\n");
    const [one, other] = [text(), text()];
    const all = lines(one, other);
    expect(all.filter((row) => row.kind !== "added").map((row) => row.text).join("\n")).toBe(one);
    expect(all.filter((row) => row.kind !== "gone").map((row) => row.text).join("\n")).toBe(other);
  }
});

test("a new file is all added, and what is far from a change is folded", () => {
  expect(lines("", "a\nb").every((row) => row.kind === "added")).toBe(true);
  const long = Array.from({ length: 40 }, (_, n) => `line ${n}`);
  const changed = [...long];
  changed[20] = "other";
  const rows = shown(lines(long.join("\n"), changed.join("\n")));
  expect(rows.filter((row) => row.kind !== "same" && row.kind !== "apart")).toHaveLength(2);
  expect(rows.length).toBeLessThan(12);
});
