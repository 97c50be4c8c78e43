import { expect, test } from "vitest";
import { drawn, filled, options, title, type Schema } from "./schema";

const form: Schema = {
  type: "object",
  properties: {
    outcome: { title: "联系结果", "x-title-en": "Outcome", type: "string", enum: ["reached"], "x-enum-titles": [{ zh: "已接通", en: "Reached" }] },
    note: { title: "备注", type: "string" },
    people: { title: "人数", type: "integer" },
    notice: { title: "告知书", type: "string", "x-control": "hidden", default: "2021-01" },
    agreed: { title: "同意", type: "boolean" },
    place: { title: "地点", type: "object", properties: { detail: { title: "地址", type: "string" } } },
    symptoms: { title: "症状", type: "array", items: { type: "string", enum: ["cough"], "x-enum-titles": [{ zh: "咳嗽", en: "Cough" }] } },
  },
};

test("what was left empty is left out, and types are the form's", () => {
  expect(filled(form, { outcome: "reached", note: "", people: "2", place: { detail: "前街" } })).toEqual({
    outcome: "reached", people: 2, notice: "2021-01", agreed: false, place: { detail: "前街" }, symptoms: [],
  });
});

test("what is hidden is as it was set from outside, else as the form sets it", () => {
  const schema: Schema = { type: "object", properties: { household: { type: "integer", "x-control": "hidden" }, notice: { type: "string", "x-control": "hidden", default: "2021-01" } } };
  expect(filled(schema, { household: 154 })).toEqual({ household: 154, notice: "2021-01" });
  expect(filled(schema, {})).toEqual({ notice: "2021-01" });
});

test("another household and the head of a new one are drawn where a form hides them", () => {
  const hidden: Schema = { type: "integer", "x-control": "hidden" };
  const schema: Schema = { type: "object", properties: { household: hidden, person: hidden, host: hidden, head: hidden, members: { type: "array", "x-control": "members", items: { type: "integer" } } } };
  expect(Object.keys(schema.properties!).map((name) => drawn(schema, name))).toEqual([undefined, undefined, "household", "member", undefined]);
  expect(drawn({ type: "object", properties: { head: hidden } }, "head")).toBeUndefined();
  expect(filled(schema, { household: 12, members: [13, 14], head: 14 })).toEqual({ household: 12, members: [13, 14], head: 14 });
});

test("titles fall back to Chinese", () => {
  expect(title(form.properties?.note, "en")).toBe("备注");
  expect(options(form.properties!.outcome!, "en")).toEqual([{ value: "reached", title: "Reached" }]);
});
