/**
 * Tables of text. On a terminal the widest columns that may be cut are cut, so that no line wraps;
 * elsewhere all text is there, since a program reads it.
 */
import { type Output, printable, styled } from "./terminal.ts";

/** A column of a table. */
export interface Column {
  /** Its heading. */
  readonly name: string;
  /** Where text stands in it. @default "left" */
  readonly align?: "left" | "right";
  /** Which end goes where it is too wide; without one it is never cut. @default none */
  readonly cut?: "start" | "end";
}

/** How a table is printed. */
export interface TableOptions {
  /** What it is printed on. */
  readonly output: Output;
  /** Whether the heading is styled. */
  readonly colored: boolean;
}

const GAP = "  ";
const NARROWEST = 8;

/** The lines of a table, each with its end of line. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { output, colored }: TableOptions,
): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = columns.map(({ name }, at) =>
    cells.reduce((most, row) => Math.max(most, textWidth(row[at])), textWidth(name))
  );
  if (output.isTTY) narrow(columns, widths, output.columns ?? 80);
  const line = (row: readonly string[]): string =>
    row.map((text, at) => fit(text, widths[at], columns[at])).join(GAP).trimEnd();
  const head = styled(line(columns.map(({ name }) => name)), "bold", colored);
  return [head, ...cells.map(line)].map((text) => `${text}\n`).join("");
}

/** Text that fits into `width` columns, with `…` where something is missing. */
export function cutText(text: string, width: number, end: "start" | "end" = "end"): string {
  if (textWidth(text) <= width) return text;
  const characters = [...text];
  if (end === "start") characters.reverse();
  const kept: string[] = [];
  let room = width - 1;
  for (const character of characters) {
    room -= textWidth(character);
    if (room < 0) break;
    kept.push(character);
  }
  return end === "start" ? `…${kept.reverse().join("")}` : `${kept.join("")}…`;
}

/** Columns that text takes on a terminal; wide characters take two, marks none. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) continue;
    width += isWide(character.codePointAt(0)!) ? 2 : 1;
  }
  return width;
}

function narrow(columns: readonly Column[], widths: number[], room: number): void {
  let over = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - room;
  while (over > 0) {
    let widest = -1;
    columns.forEach(({ cut }, at) => {
      if (cut === undefined || widths[at] <= NARROWEST) return;
      if (widest < 0 || widths[at] > widths[widest]) widest = at;
    });
    if (widest < 0) return;
    widths[widest]--;
    over--;
  }
}

function fit(text: string, width: number, { align, cut }: Column): string {
  const shown = cut === undefined ? text : cutText(text, width, cut);
  const padding = " ".repeat(Math.max(0, width - textWidth(shown)));
  return align === "right" ? padding + shown : shown + padding;
}

/** East Asian wide characters and emoji, by their blocks. */
function isWide(code: number): boolean {
  return code >= 0x1100 && (
    code <= 0x115f || code >= 0x2e80 && code <= 0xa4cf || code >= 0xac00 && code <= 0xd7a3 ||
    code >= 0xf900 && code <= 0xfaff || code >= 0xfe30 && code <= 0xfe6f ||
    code >= 0xff00 && code <= 0xff60 || code >= 0xffe0 && code <= 0xffe6 ||
    code >= 0x1f300 && code <= 0x1faff || code >= 0x20000 && code <= 0x3fffd
  );
}
