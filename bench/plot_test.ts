import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report, Row } from "./compress_report.ts";
import { compressionSvg } from "./plot.ts";
import { placeLabels } from "./plot_labels.ts";

const ROWS: readonly Row[] = [
  row("zlib", "joblib", 1, [50, 400, 100]),
  row("zlib", "Larder", 1, [51, 200, 60]),
  row("zlib", "Larder", 2, [51, 110]),
  row("gzip", "joblib", 1, [50, 401, 100]),
  row("gzip", "Larder", 1, [51, 201, 60]),
  row("gzip", "Larder", 2, [51, 111]),
  row("lz4-9", "joblib", 1, [80, 90, 20]),
  row("lz4-9", "Larder", 1, [80, 30, 10]),
];
const REPORT: Report = {
  cores: 2,
  versions: { deno: "2.0.0" },
  rounds: 3,
  datasets: [{ title: "numbers < 1 & > 0", rawBytes: 100, rows: ROWS }],
};

test("compressionSvg() makes well-formed XML", () => {
  const svg = compressionSvg(REPORT);
  const open: string[] = [];
  const rest = svg.replaceAll(
    /<(\/?)([a-z]+)((?: [a-zA-Z0-9-]+="[^"<]*")*)(\/?)>/gu,
    (_, end, name, _attributes, empty) => {
      if (end === "/") assert.equal(open.pop(), name);
      else if (empty === "") open.push(name);
      return "";
    },
  );
  assert.deepEqual(open, []);
  assert.doesNotMatch(rest, /<|&(?!amp;|lt;)|NaN|Infinity|undefined/u);
  assert.match(rest, /numbers &lt; 1 &amp; > 0/u);
});

test("compressionSvg() draws each measurement once and names equal points together", () => {
  const svg = compressionSvg(REPORT);
  const count = (pattern: RegExp): number => svg.match(pattern)?.length ?? 0;
  assert.equal(count(/<circle class="joblib"/gu), 1 + 3 + 3); // legend, dump, load
  assert.equal(count(/<circle class="larder"/gu), 1 + 3 + 3);
  assert.equal(count(/<path class="larder"/gu), 1 + 2);
  assert.equal(count(/>zlib, gzip</gu), 2);
  assert.equal(count(/>lz4 level 9</gu), 2);
});

test("compressionSvg() draws the same report in the same bytes", () => {
  assert.equal(compressionSvg(structuredClone(REPORT)), compressionSvg(REPORT));
});

test("compressionSvg() draws a single point", () => {
  const datasets = [{ title: "one", rawBytes: 100, rows: [ROWS[0]] }];
  assert.doesNotMatch(compressionSvg({ ...REPORT, datasets }), /NaN|Infinity/u);
});

test("placeLabels() keeps labels off points, off each other and inside", () => {
  const labels = [0, 1].map(() => ({ points: [[95, 50]] as const, width: 30, height: 10 }));
  const point = { x: 90, y: 45, width: 10, height: 10 };
  const [a, b] = placeLabels(labels, [point], { width: 100, height: 100 });
  for (const box of [a, b]) {
    assert.ok(box.x >= 0 && box.x + box.width <= 100);
    assert.ok(isApart(box, point));
  }
  assert.ok(isApart(a, b));
});

function row(
  method: string,
  by: "joblib" | "Larder",
  threads: number,
  [size, dump, load]: number[],
): Row {
  const measured = { method, by, threads, size, dump: { time: dump } };
  return load === undefined ? measured : { ...measured, load: { time: load } };
}

type Box = ReturnType<typeof placeLabels>[number];

function isApart(a: Box, b: Box): boolean {
  return a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y ||
    b.y + b.height <= a.y;
}
