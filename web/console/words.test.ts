import { expect, test } from "vitest";
import { words } from "./words";

test("both languages have every word", () => {
  expect(Object.keys(words.en).sort()).toEqual(Object.keys(words.zh).sort());
  for (const text of [...Object.values(words.zh), ...Object.values(words.en)]) expect(text.trim()).not.toBe("");
});
