import { expect, test } from "vitest";
import { asksOf, rowsOf, written, type Row } from "./condition";

const field = (name: string, of: string, more = {}) => ({ name, title: name, of, kind: null, made: false, codes: [], ...more });
const kinds = [
  { name: "person", title: "person", fields: [field("here", "truth", { made: true }), field("sex", "code"), field("born", "day"), field("age", "number", { made: true }), field("ill", "truth"), field("household", "subject", { kind: "household" })] },
  { name: "household", title: "household", fields: [field("on_register", "truth", { made: true }), field("income", "money"), field("area", "known")] },
];
const asks = asksOf(kinds, "person");

test("rows come back from their text as they went in", () => {
  const rows: Row[] = [
    { path: "person.here", how: "is", value: "" },
    { path: "person.ill", how: "is-not", value: "" },
    { path: "person.sex", how: "in", value: "1,2" },
    { path: "person.sex", how: "ne", value: "2" },
    { path: "person.age", how: "ge", value: "60" },
    { path: "person.born", how: "lt", value: "1960-01-01" },
    { path: "person.household.income", how: "le", value: "1234.50" },
    { path: "person.household.area", how: "unknown", value: "" },
    { path: "person.household", how: "known", value: "" },
  ];
  const text = written(rows, asks);
  expect(text).toBe('person.here && !(has(person.ill) && person.ill) && person.sex in ["1", "2"] && person.sex != "2" && person.age >= 60 && person.born < day("1960-01-01") && person.household.income <= yuan("1234.50") && !has(person.household.area) && has(person.household)');
  expect(rowsOf(text, asks)).toEqual(rows);
  expect(rowsOf("", asks)).toEqual([]);
  expect(rowsOf("person.here && person.household.on_register", asks)).toEqual([{ path: "person.here", how: "is", value: "" }, { path: "person.household.on_register", how: "is", value: "" }]);
});

test("a text that says more than rows stays a text", () => {
  for (const text of ["person.here || person.ill", "person.shoe", "person.age > person.age", "year(today) == 2020", "!(has(person.ill) && person.here)", "person.sex == person.sex", "person.here &&"]) {
    expect(rowsOf(text, asks), text).toBeNull();
  }
});
