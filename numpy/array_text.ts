/**
 * Arrays and elements as numpy prints them: `array([[1., 2.], [3., 4.]])`, in short above 1000
 * elements. Only the elements that are shown are read, however large the array.
 */
import { decodeFloat16, encodeFloat16 } from "../bytes/float16.ts";
import { PyComplex } from "../pickle/values.ts";
import { dateText } from "./datetime.ts";
import type { DType } from "./dtype.ts";
import { dtypeText } from "./dtype_text.ts";
import { codecOf } from "./elements.ts";
import type { NDArray } from "./ndarray.ts";

/** Above so many elements an array is shown in short. */
const THRESHOLD = 1000;
/** Elements shown at both ends of an axis then. */
const EDGE = 3;
/** Lines are broken before they are longer. */
const LINE_WIDTH = 75;

/** numpy's repr of an array; `name` for its class. */
export function arrayText(array: NDArray, name: string = className(array)): string {
  const { dtype, shape } = array;
  const short = array.size > THRESHOLD;
  const notes: string[] = [];
  if (array.size === 0 && (array.ndim !== 1 || shape[0] !== 0)) notes.push(tupleText(shape));
  else if (short) notes.push(tupleText(shape));
  const implied = ["bool", "int64", "float64", "complex128"].includes(dtypeText(dtype));
  if (!implied || array.size === 0) notes.push(`dtype=${dtypeNote(dtype)}`);
  const body = array.size === 0 ? "[]" : bodyText(array, short, name.length + 1);
  const text = `${name}(${body}`;
  if (notes.length === 0) return `${text})`;
  const note = `${notes.join(", ")})`;
  const lastLine = text.length - text.lastIndexOf("\n"); // with the comma
  const fits = lastLine + note.length + 1 <= LINE_WIDTH;
  return `${text},${fits ? " " : "\n" + " ".repeat(name.length + 1)}${note}`;
}

/** One element as it stands inside of an array's repr. */
export function elementText(dtype: DType, value: unknown): string {
  return formatter(dtype, [value])(value);
}

function className(array: NDArray): string {
  return array.pyClass?.name ?? "array";
}

function tupleText(shape: readonly number[]): string {
  return `shape=(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
}

function dtypeNote(dtype: DType): string {
  const text = dtypeText(dtype);
  if (dtype.unit !== null || "SUV".includes(dtype.kind) && dtype.names === null && !dtype.ml) {
    return `'${text}'`;
  }
  return /^[<>]/.test(text) ? `'${text}'` : text;
}

function bodyText(array: NDArray, short: boolean, indent: number): string {
  const codec = codecOf(array.dtype);
  const { shape, byteStrides, memory } = array;
  const shown = shape.map((length) => short && length > 2 * EDGE ? EDGE : undefined);
  const values: unknown[] = [];
  const walk = (axis: number, position: number, visit: (position: number) => void): void => {
    if (axis === shape.length) return visit(position);
    for (let i = 0; i < shape[axis]; i++) {
      if (shown[axis] !== undefined && i === EDGE) i = shape[axis] - EDGE;
      walk(axis + 1, position + i * byteStrides[axis], visit);
    }
  };
  walk(0, array.byteOffset, (position) => values.push(codec.read(memory, position)));
  const texts = array.ndim === 0
    ? values.map(formatter(array.dtype, values))
    : columnTexts(array.dtype, values);
  let next = 0;
  const nest = (axis: number): string => {
    if (axis === shape.length) return texts[next++];
    const items: string[] = [];
    for (let i = 0; i < shape[axis]; i++) {
      if (shown[axis] !== undefined && i === EDGE) {
        items.push("...");
        i = shape[axis] - EDGE;
      }
      items.push(nest(axis + 1));
    }
    const margin = " ".repeat(indent + axis + 1);
    if (axis === shape.length - 1) return `[${brokenLine(items, margin, LINE_WIDTH - 2 - axis)}]`;
    const gap = "\n".repeat(shape.length - 1 - axis) + margin;
    return `[${items.join(`,${gap}`)}]`;
  };
  return nest(0);
}

/** `items` separated by commas, on lines of `width` characters that start with `margin`. */
function brokenLine(items: readonly string[], margin: string, width: number): string {
  const lines: string[] = [];
  let line = margin;
  for (const [index, item] of items.entries()) {
    const text = index === items.length - 1 ? item : `${item},`;
    const gap = index === 0 ? "" : " ";
    // the comma may stand where the bracket would
    if (line.length > margin.length && line.length + gap.length + item.length > width) {
      lines.push(line);
      line = margin + text;
    } else {
      line += gap + text;
    }
  }
  lines.push(line);
  return lines.join("\n").slice(margin.length);
}

/** The elements of an array with axes: aligned, those of a struct field by field. */
function columnTexts(dtype: DType, values: readonly unknown[]): string[] {
  if (dtype.names === null) {
    const texts = values.map(formatter(dtype, values));
    if ("USOTM".includes(dtype.kind)) return texts;
    const least = dtype.kind === "b" ? "False".length : 0;
    const width = texts.reduce((most, text) => Math.max(most, text.length), least);
    return texts.map((text) => text.padStart(width));
  }
  const columns = dtype.names.map((name) => {
    const type = dtype.fields!.get(name)!.dtype;
    const column = values.map((value) => (value as Record<string, unknown>)[name]);
    return type.base === type ? columnTexts(type, column) : column.map(subarrayText);
  });
  return values.map((_, row) => recordText(columns.map((column) => column[row])));
}

function recordText(parts: readonly string[]): string {
  return `(${parts.join(", ")}${parts.length === 1 ? "," : ""})`;
}

function subarrayText(array: unknown): string {
  return bodyText(array as NDArray, false, 0).replace(/\n */g, " ");
}

/** How the elements of one array are written: floats share their number of digits. */
function formatter(dtype: DType, values: readonly unknown[]): (value: unknown) => string {
  if (dtype.names !== null) {
    return (value) => {
      const record = value as Record<string, unknown>;
      const parts = dtype.names!.map((name) => {
        const type = dtype.fields!.get(name)!.dtype;
        return type.base === type ? elementText(type, record[name]) : subarrayText(record[name]);
      });
      return recordText(parts);
    };
  }
  switch (dtype.kind) {
    case "b":
      return (value) => value ? "True" : "False";
    case "f":
      return floatFormatter(values as number[], dtype.itemsize);
    case "c": {
      const pairs = values as PyComplex[];
      const re = floatFormatter(pairs.map((pair) => pair.re), dtype.itemsize / 2);
      const im = floatFormatter(pairs.map((pair) => pair.im), dtype.itemsize / 2);
      const sign = (im: number) => im < 0 || Object.is(im, -0) ? "-" : "+";
      const parts = (pair: PyComplex) => [re(pair.re), sign(pair.im) + im(Math.abs(pair.im))];
      const widths = [0, 1].map((part) =>
        pairs.reduce((most, pair) => Math.max(most, parts(pair)[part].length), 0)
      );
      return (value) => {
        const [left, right] = parts(value as PyComplex).map((text, i) => text.padStart(widths[i]));
        return left + right.replace(/ *$/, (blank) => `j${blank}`);
      };
    }
    case "M":
      return (value) => `'${dateText(dtype, value as bigint)}'`;
    case "m":
      return (value) => dateText(dtype, value as bigint);
    case "S":
      return (value) => `b${quote(value as string)}`;
    case "U":
    case "T":
      return (value) => typeof value === "string" ? quote(value) : objectText(value);
    case "V":
      if (dtype.ml !== null) return (value) => String(value).replace("NaN", "nan");
      return (value) => {
        const bytes = [...value as Uint8Array];
        return `b'${bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}'`;
      };
    case "O":
      return objectText;
  }
  return String;
}

/**
 * numpy's rule: an exponent from a cutoff on, below 1e-4, or where values differ by more than 1000; and no
 * more digits than tell a value of `itemsize` bytes from its neighbours.
 */
function floatFormatter(raw: readonly number[], itemsize: number): (value: unknown) => string {
  const cutoff = cutoffOf(itemsize);
  const values = raw.map((value) => shortest(value, itemsize));
  const finite = values.filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs);
  const largest = Math.max(0, ...finite);
  const least = Math.min(Infinity, ...finite);
  const exponential = finite.length > 0 &&
    (largest >= cutoff || least < 1e-4 || largest / least > 1000);
  const digits = (text: string) => text.includes(".") ? text.length - text.indexOf(".") - 1 : 0;
  const plain = (value: number) =>
    exponential ? trimZeros(value.toExponential(8).split("e")[0]) : trimZeros(value.toFixed(8));
  let most = 0;
  for (const value of values) {
    if (Number.isFinite(value)) most = Math.max(most, digits(plain(value)));
  }
  return (value) => {
    const number = shortest(value as number, itemsize);
    if (Number.isNaN(number)) return "nan";
    if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
    const sign = Object.is(number, -0) ? "-" : "";
    if (exponential) {
      const [mantissa, power] = number.toExponential(most).split("e");
      const dotted = most === 0 ? `${mantissa}.` : mantissa;
      return `${sign}${dotted}e${power[0]}${power.slice(1).padStart(2, "0")}`;
    }
    const fixed = trimZeros(number.toFixed(most));
    const dotted = fixed.includes(".") ? fixed : `${fixed}.`;
    return sign + dotted + " ".repeat(Math.max(0, most - digits(dotted)));
  };
}

/** From here on numpy writes an exponent: the decimal digits of the type, 8 at most. */
function cutoffOf(itemsize: number): number {
  return itemsize === 2 ? 1e3 : itemsize === 4 ? 1e6 : 1e8;
}

/** The number with the fewest digits that rounds to this one in `itemsize` bytes: −18.8, not −18.79999924. */
function shortest(value: number, itemsize: number): number {
  if (itemsize > 4 || !Number.isFinite(value)) return value;
  const round = itemsize === 2 ? (x: number) => decodeFloat16(encodeFloat16(x)) : Math.fround;
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (round(short) === value) return short;
  }
  return value;
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function quote(text: string): string {
  const quoted = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return text.includes("'") && !text.includes('"')
    ? `"${quoted}"`
    : `'${quoted.replaceAll("'", "\\'")}'`;
}

function objectText(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "string") return quote(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `list(${value.length})`;
  if (value instanceof PyComplex) return String(value);
  return `<${(value as object).constructor?.name ?? "object"}>`;
}
