import { expect, test } from "vitest";
import { distance } from "./time";

const now = Date.parse("2021-02-01T09:00:00+08:00");

test.each([
  ["2021-02-01T09:30:00+08:00", "剩 30分钟", false, true],
  ["2021-02-01T14:00:00+08:00", "剩 5小时", false, false],
  ["2021-02-04T09:00:00+08:00", "剩 3天", false, false],
  ["2021-02-01T08:59:30+08:00", "逾期 1分钟", true, false],
  ["2021-01-31T09:00:00+08:00", "逾期 24小时", true, false],
])("%s is %s", (due, text, late, soon) => {
  expect(distance(due, now)).toEqual({ text, late, soon });
});

test("what is never due has no distance", () => {
  expect(distance(null, now)).toBeNull();
});
