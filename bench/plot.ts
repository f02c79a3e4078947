/**
 * Draws what the compression bench measured as SVG: time on a log scale against the size of the file,
 * a panel for each kind of data and action. `deno task bench plot run.json docs/compression.svg`.
 * The same report gives the same bytes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Dataset, Report, Row } from "./compress_report.ts";
import { type Box, placeLabels } from "./plot_labels.ts";

const PANEL = { width: 390, height: 250 };
const LEFT = 62;
const TOP = 76;
const GAP = { x: 68, y: 62 };
const WIDTH = LEFT + 2 * PANEL.width + GAP.x + 20;
const RADIUS = 4.5;
const LETTER = 6.6; // width of a letter, about
const ACTIONS = ["dump", "load"] as const;

// Colours of Okabe and Ito: told apart by colour-blind readers, legible on black and on white.
const STYLE = `
svg{color-scheme:light dark;font:12px system-ui,"DejaVu Sans",Arial,sans-serif}
.page{fill:#fff}.text{fill:#1f2328}.faint{fill:#59636e}.title{font-size:14px;font-weight:600}
.frame{fill:none;stroke:#8c959f}.grid{stroke:#d1d9e0}.link{stroke:#8c959f;stroke-dasharray:2 3}
.joblib{fill:#fff;stroke:#d55e00;stroke-width:2}.larder{fill:#0072b2;stroke:#0072b2}
@media (prefers-color-scheme:dark){
.page{fill:#0d1117}.text{fill:#f0f6fc}.faint{fill:#9198a1}.frame{stroke:#656c76}.grid{stroke:#2a313c}
.joblib{fill:#0d1117;stroke:#ff9d4d}.larder{fill:#56b4e9;stroke:#56b4e9}}
`;

/** Draw the report in the file that is named first into the one that is named second. */
export function plot([from, to]: string[]): void {
  const report: Report = JSON.parse(readFileSync(from, "utf8"));
  writeFileSync(to, compressionSvg(report));
}

/** The report as an SVG document. */
export function compressionSvg(report: Report): string {
  const height = TOP + ACTIONS.length * (PANEL.height + GAP.y) - 8;
  const parts = report.datasets.flatMap((dataset, column) =>
    ACTIONS.map((action, row) => {
      const x = LEFT + column * (PANEL.width + GAP.x);
      const y = TOP + row * (PANEL.height + GAP.y);
      return `<g transform="translate(${x} ${y})">\n${panel(dataset, action)}</g>\n`;
    })
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" ` +
    `height="${height}" role="img" aria-label="Time against size of compressed files, joblib and Larder">\n` +
    `<style>${STYLE}</style>\n<rect class="page" width="100%" height="100%"/>\n` +
    legend(report) + parts.join("") + "</svg>\n";
}

function legend(report: Report): string {
  const rows = report.datasets.flatMap((dataset) => dataset.rows);
  const marks: Pick<Row, "by" | "threads">[] = [
    { by: "joblib", threads: 1 },
    { by: "Larder", threads: 1 },
  ];
  if (rows.some(({ threads }) => threads > 1)) marks.push({ by: "Larder", threads: 2 });
  let x = LEFT + RADIUS;
  let out = "";
  for (const { by, threads } of marks) {
    const name = by === "joblib" ? "Python's joblib" : threads > 1 ? "Larder, 2 threads" : "Larder";
    out += mark({ by, threads }, [x, 22]) + text([x + 12, 26], name);
    x += 34 + name.length * LETTER;
  }
  return out + text([x, 26], "lower is faster, further left is smaller", "faint");
}

function panel(dataset: Dataset, action: "dump" | "load"): string {
  const rows = dataset.rows.filter((row) => row[action] !== undefined);
  const seconds = (row: Row) => row[action]!.time / 1000;
  const rivalOf = ({ method }: Row) =>
    rows.find((row) => row.by === "joblib" && row.method === method);
  // both load the file that joblib wrote
  const size = (row: Row) => (action === "load" ? rivalOf(row) ?? row : row).size;
  const percent = (row: Row) => size(row) / dataset.rawBytes * 100;
  const x = linear(rows.map(percent), PANEL.width);
  const y = logarithmic(rows.map(seconds), PANEL.height);
  const place = (row: Row): Point => [x.at(percent(row)), y.at(seconds(row))];

  const title = `${action}: ${dataset.title}, ${(dataset.rawBytes / 1e6).toFixed(0)} MB`;
  let out = text([0, -10], title, "text title");
  for (const value of x.ticks) {
    out += line([x.at(value), 0], [x.at(value), PANEL.height], "grid");
    out += text([x.at(value), PANEL.height + 16], `${value} %`, "faint", "middle");
  }
  for (const value of y.ticks) {
    out += line([0, y.at(value)], [PANEL.width, y.at(value)], "grid");
    out += text([-6, y.at(value) + 4], `${value} s`, "faint", "end");
  }
  out += `<rect class="frame" width="${PANEL.width}" height="${PANEL.height}"/>\n`;
  for (const row of rows) {
    const rival = rivalOf(row);
    if (row.by === "Larder" && rival !== undefined) out += line(place(rival), place(row), "link");
  }
  for (const row of rows) out += mark(row, place(row));
  return out + labels(rows, place);
}

/** A name at each method, one for several whose points are the same. */
function labels(rows: readonly Row[], place: (row: Row) => Point): string {
  const groups: { name: string; points: Point[] }[] = [];
  for (const method of new Set(rows.map((row) => row.method))) {
    const points = rows.filter((row) => row.method === method).map(place);
    const same = groups.find((group) => isNear(group.points, points));
    const name = method.replace("-", " level ");
    if (same === undefined) groups.push({ name, points });
    else same.name += `, ${name}`;
  }
  const marks: Box[] = rows.map(place).map(([x, y]) => ({
    x: x - RADIUS - 1,
    y: y - RADIUS - 1,
    width: 2 * RADIUS + 2,
    height: 2 * RADIUS + 2,
  }));
  const sized = groups.map(({ name, points }) => ({
    points,
    width: name.length * LETTER,
    height: 12,
  }));
  return placeLabels(sized, marks, PANEL).map((box, i) => text([box.x, box.y + 10], groups[i].name))
    .join("");
}

type Point = [x: number, y: number];

function isNear(a: readonly Point[], b: readonly Point[]): boolean {
  return a.length === b.length && a.every(([x, y], i) => Math.hypot(x - b[i][0], y - b[i][1]) < 9);
}

interface Scale {
  at(value: number): number;
  ticks: number[];
}

function linear(values: number[], length: number): Scale {
  const spread = Math.max(...values) - Math.min(...values) || 1;
  const [min, max] = [Math.min(...values) - spread * 0.12, Math.max(...values) + spread * 0.12];
  const step = [1, 2, 5, 10, 20, 50].find((step) => (max - min) / step < 7) ?? 100;
  const ticks: number[] = [];
  for (let value = Math.ceil(min / step) * step; value <= max; value += step) ticks.push(value);
  return { at: (value) => (value - min) / (max - min) * length, ticks };
}

/** Upwards, as SVG's y is not. */
function logarithmic(values: number[], length: number): Scale {
  const [min, max] = [Math.log10(Math.min(...values)) - 0.2, Math.log10(Math.max(...values)) + 0.2];
  const ticks: number[] = [];
  for (let power = Math.floor(min); power <= max; power++) {
    for (const digit of [1, 2, 5]) {
      const value = Number(`${digit}e${power}`);
      if (Math.log10(value) >= min && Math.log10(value) <= max) ticks.push(value);
    }
  }
  return { at: (value) => (max - Math.log10(value)) / (max - min) * length, ticks };
}

function mark({ by, threads }: Pick<Row, "by" | "threads">, [x, y]: Point): string {
  if (threads === 1) {
    return `<circle class="${by.toLowerCase()}" cx="${round(x)}" cy="${
      round(y)
    }" r="${RADIUS}"/>\n`;
  }
  const r = RADIUS + 1;
  return `<path class="larder" d="M${round(x)} ${
    round(y - r)
  }l${r} ${r}l-${r} ${r}l-${r} -${r}z"/>\n`;
}

function line([x1, y1]: Point, [x2, y2]: Point, style: string): string {
  return `<line class="${style}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${
    round(y2)
  }"/>\n`;
}

function text([x, y]: Point, words: string, style = "text", anchor = "start"): string {
  return `<text class="${style}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${
    escaped(words)
  }</text>\n`;
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
