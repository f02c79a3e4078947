/**
 * Finds places for the labels of a plot, one after the other: beside one of its points, over as little
 * as can be of what is there already.
 */
/** A rectangle; `y` grows downwards. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A label before it has its place. */
export interface Label {
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly width: number;
  readonly height: number;
}

/** Where a label may stand: its centre, in its own width and height, and pixels, from the point. */
const SIDES: readonly (readonly [widths: number, heights: number, x: number, y: number])[] = [
  [0.5, 0, 9, 0],
  [-0.5, 0, -9, 0],
  [0, -0.5, 0, -8],
  [0, 0.5, 0, 8],
  [0.5, -0.5, 7, -5],
  [0.5, 0.5, 7, 5],
  [-0.5, -0.5, -7, -5],
  [-0.5, 0.5, -7, 5],
];

/**
 * A box for each label.
 *
 * @param taken What should stay free.
 * @param panel Labels stay inside of it.
 */
export function placeLabels(
  labels: readonly Label[],
  taken: readonly Box[],
  panel: { width: number; height: number },
): Box[] {
  const boxes: Box[] = [];
  for (const label of labels) {
    let best: Box | undefined;
    let least = Infinity;
    for (const box of candidates(label)) {
      const covered = [...taken, ...boxes].reduce((sum, other) => sum + overlap(box, other), 0);
      const outside = box.width * box.height - overlap(box, { x: 2, y: 2, ...smaller(panel) });
      const cost = covered + 4 * outside;
      if (cost < least - 1e-6) [best, least] = [box, cost];
    }
    boxes.push(best!);
  }
  return boxes;
}

function candidates({ points, width, height }: Label): Box[] {
  return points.flatMap(([x, y]) =>
    SIDES.map(([widths, heights, dx, dy]) => ({
      x: x + dx + (widths - 0.5) * width,
      y: y + dy + (heights - 0.5) * height,
      width,
      height,
    }))
  );
}

function smaller({ width, height }: { width: number; height: number }) {
  return { width: width - 4, height: height - 4 };
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}
