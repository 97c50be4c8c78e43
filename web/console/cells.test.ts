import { expect, test } from "vitest";
import { cellsOf, type Point } from "./cells";

const area = (shape: Point[]) => Math.abs(shape.reduce((sum, p, n) => sum + p.x * shape[(n + 1) % shape.length]!.y - shape[(n + 1) % shape.length]!.x * p.y, 0)) / 2;

test("cells fill the frame, and each point lies in its own", () => {
  const points = Array.from({ length: 60 }, (_, n) => ({ x: 5 + ((n * 37) % 90), y: 5 + ((n * 53) % 70) }));
  const cells = cellsOf(points, 100, 80);
  expect(cells.reduce((sum, cell) => sum + area(cell), 0)).toBeCloseTo(8000, 6);
  cells.forEach((cell, n) => {
    const nearest = (p: Point) => Math.min(...points.map((q) => Math.hypot(p.x - q.x, p.y - q.y)));
    for (const corner of cell) expect(Math.hypot(corner.x - points[n]!.x, corner.y - points[n]!.y)).toBeCloseTo(nearest(corner), 6);
  });
});

test("a point alone has the whole frame, two halve it", () => {
  expect(area(cellsOf([{ x: 1, y: 1 }], 10, 4)[0]!)).toBe(40);
  expect(cellsOf([{ x: 2, y: 2 }, { x: 8, y: 2 }], 10, 4).map(area)).toEqual([20, 20]);
});
