import { expect, test } from "vitest";
import { fieldOf, free, kindOf, KINDS, moved, renamed } from "./editor";

test("every kind of field is known again", () => {
  for (const kind of KINDS) expect(kindOf(fieldOf(kind, { title: "a", "x-title-en": "b" })), kind).toBe(kind);
  expect(kindOf({ type: "object" })).toBe("other");
  expect(kindOf({ type: "string", "x-control": "hidden" })).toBe("other");
});

test("a field keeps what it is called when it asks for something else", () => {
  expect(fieldOf("money", { title: "钱", "x-title-en": "Money", type: "boolean" })).toMatchObject({ title: "钱", "x-title-en": "Money" });
});

test("names are free, order is kept, what is moved stays in the list", () => {
  expect(free("a", ["a", "a-2"])).toBe("a-3");
  expect(Object.keys(renamed({ a: 1, b: 2, c: 3 }, "b", "x"))).toEqual(["a", "x", "c"]);
  const list = [1, 2, 3];
  moved(list, 0, 1);
  moved(list, 0, -1);
  expect(list).toEqual([2, 1, 3]);
});
