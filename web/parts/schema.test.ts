import { expect, test } from "vitest";
import { filled, options, rows, title, type Schema } from "./schema";

const form: Schema = {
  type: "object",
  properties: {
    outcome: { title: "联系结果", "x-title-en": "Outcome", type: "string", enum: ["reached"], "x-enum-titles": [{ zh: "已接通", en: "Reached" }] },
    note: { title: "备注", type: "string" },
    people: { title: "人数", type: "integer" },
    agreed: { title: "同意", type: "boolean" },
    place: { title: "地点", type: "object", properties: { detail: { title: "地址", type: "string" } } },
    symptoms: { title: "症状", type: "array", items: { type: "string", enum: ["cough"], "x-enum-titles": [{ zh: "咳嗽", en: "Cough" }] } },
  },
};

test("what was left empty is left out, and types are the form's", () => {
  expect(filled(form, { outcome: "reached", note: "", people: "2", place: { detail: "前街" } })).toEqual({
    outcome: "reached", people: 2, agreed: false, place: { detail: "前街" }, symptoms: [],
  });
});

test("answers are read in the reader's language", () => {
  expect(rows(form, { outcome: "reached", symptoms: ["cough"], agreed: true }, "zh")).toEqual([
    { title: "联系结果", text: "已接通" }, { title: "症状", text: "咳嗽" }, { title: "同意", text: "是" },
  ]);
  expect(rows(form, { outcome: "reached", reason: "x" }, "en")).toEqual([{ title: "Outcome", text: "Reached" }, { title: "reason", text: "x" }]);
});

test("a region is named", () => {
  const place: Schema = { type: "object", properties: { region: { title: "村", type: "string", "x-control": "region" } } };
  expect(rows(place, { region: "990100003205" }, "zh", new Map([["990100003205", "桃塘村"]]))).toEqual([{ title: "村", text: "桃塘村" }]);
});

test("titles fall back to Chinese", () => {
  expect(title(form.properties?.note, "en")).toBe("备注");
  expect(options(form.properties!.outcome!, "en")).toEqual([{ value: "reached", title: "Reached" }]);
});
