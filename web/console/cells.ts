// The cells of a map: around each point the part of a frame that is nearer to it than to any other (Voronoi), by cutting the
// frame once for every other point. For a few hundred points that is quick enough.
export interface Point { x: number; y: number }

/** What is left of a shape on the nearer side of the line half way between two points. */
function cut(shape: Point[], own: Point, other: Point): Point[] {
  const near = (p: Point) => (p.x - (own.x + other.x) / 2) * (other.x - own.x) + (p.y - (own.y + other.y) / 2) * (other.y - own.y);
  return shape.flatMap((to, n) => {
    const from = shape[(n + shape.length - 1) % shape.length]!;
    const [a, b] = [near(from), near(to)];
    const crossing = a * b < 0 ? [{ x: from.x + ((to.x - from.x) * a) / (a - b), y: from.y + ((to.y - from.y) * a) / (a - b) }] : [];
    return b <= 0 ? [...crossing, to] : crossing;
  });
}

/** The cell of each point within a frame. Points in the same place share what they have. */
export function cellsOf(points: Point[], wide: number, high: number): Point[][] {
  const frame = [{ x: 0, y: 0 }, { x: wide, y: 0 }, { x: wide, y: high }, { x: 0, y: high }];
  return points.map((own) => points.reduce((shape, other) => (other.x === own.x && other.y === own.y ? shape : cut(shape, own, other)), frame));
}
