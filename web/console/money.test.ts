import { expect, test } from "vitest";
import { exact, fen, written } from "./money";

test("what is typed becomes an amount to the fen, or none", () => {
  const typed = ["430", "430.5", " 1,430.05 ", "0", "007", "430.505", "-1", "about", "", "12345678901"];
  expect(typed.map(written)).toEqual(["430.00", "430.50", "1430.05", "0.00", "7.00", "", "", "", "", ""]);
});

test("amounts are shown with their fen and compared by it", () => {
  expect(["0.00", "1234567.80", "-1234.56"].map(exact)).toEqual(["0.00", "1,234,567.80", "−1,234.56"]);
  expect(fen("9.99") < fen("10.00")).toBe(true);
  expect(fen("")).toBe(0n);
});
