/**
 * Random values in two spellings: as the JavaScript value, and as the Python statements that make the
 * same object. Equal texts and equal bytes are one constant of the compiled statements, so here they
 * are one object as well; tuples and frozensets are made by calls, because constant ones would be one.
 */
import { PyFrozenSet, PyGlobal, PyTuple } from "../../pickle/values.ts";
import { PyByteArray, PyComplex, PyFloat } from "../../pickle/values.ts";
import { PyDeque, PyOrderedDict } from "../../pickle/collections.ts";
import { PyDate, PyDateTime, PyTimedelta } from "../../pickle/datetime.ts";
import { UTC } from "../../pickle/datetime.ts";
import { Random } from "../random.ts";

/** One value twice. */
export interface Twins {
  /** The JavaScript value. */
  value: unknown;
  /** Python statements; the last one sets `value`. */
  source: string;
}

const INTS: readonly bigint[] = [
  ...[0n, 1n, 255n, 256n, 65535n, 65536n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 2n ** 40n],
  ...[2n ** 53n - 1n, 2n ** 53n, 2n ** 62n, 2n ** 63n, 2n ** 64n, 10n ** 30n, 2n ** 2040n],
];
const FLOATS: readonly [string, number][] = [
  ...["0.5", "1.5", "-2.25", "1e300", "1e-300", "5e-324", "0.1", "123456789.125", "1e16", "1e22"]
    .map((text) => [text, Number(text)] as [string, number]),
  ["inf", Infinity],
  ["-inf", -Infinity],
  ["nan", NaN],
];
const TEXTS: readonly string[] = [
  ...[
    "",
    "+",
    "é",
    "key",
    "name",
    "x" + "y".repeat(40),
    "line\nbreak\\u0041",
    "\0\r\x1a",
    "☃",
    "😀",
  ],
  ...["\ud800", "a\udfffb", "é".repeat(127), "é".repeat(128), "z".repeat(255), "z".repeat(256)],
];
const GLOBALS: readonly [string, string, string][] = [
  ["int", "builtins", "int"],
  ["range", "builtins", "range"],
  ["fractions.Fraction", "fractions", "Fraction"],
  ["collections.Counter", "collections", "Counter"],
  ["collections.OrderedDict", "collections", "OrderedDict"],
  ["http.HTTPStatus", "http", "HTTPStatus"],
];

/** Make the value that belongs to `seed`. */
export function twins(seed: number): Twins {
  return new Maker(new Random(seed)).make();
}

class Maker {
  readonly #random: Random;
  readonly #lines: string[] = [];
  readonly #bytes = new Map<string, Uint8Array>();
  /** Containers that may be referred to again: name and value. */
  readonly #shared: [string, unknown][] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  make(): Twins {
    const [source, value] = this.#container(4);
    this.#lines.push(`value = ${source}`);
    return { value, source: this.#lines.join("\n") };
  }

  #any(depth: number): [string, unknown] {
    const random = this.#random;
    if (this.#shared.length > 0 && random.below(12) === 0) return random.pick(this.#shared);
    return depth > 0 && random.below(3) === 0 ? this.#container(depth) : this.#scalar();
  }

  #scalar(): [string, unknown] {
    const random = this.#random;
    switch (random.below(13)) {
      case 0:
        return ["None", null];
      case 1:
        return random.below(2) === 0 ? ["True", true] : ["False", false];
      case 2: {
        const big = random.pick(INTS) * (random.below(2) === 0 ? 1n : -1n) -
          BigInt(random.below(2));
        const safe = big >= -(2n ** 53n - 1n) && big <= 2n ** 53n - 1n;
        return [`(${big})`, safe ? Number(big) : big];
      }
      case 3: {
        const [text, value] = random.pick(FLOATS);
        return [`float("${text}")`, value];
      }
      case 4: {
        const value = random.pick([0, -0, 1, -3, 2 ** 60]);
        return [`float("${Object.is(value, -0) ? "-0" : value}")`, new PyFloat(value)];
      }
      case 5:
        return this.#binary();
      case 6: {
        const [source, bytes] = this.#binary();
        return [`bytearray(${source})`, new PyByteArray(bytes)];
      }
      case 7:
        return ["complex(1.5, -2.0)", new PyComplex(1.5, -2)];
      case 8: {
        const [source, module, name] = random.pick(GLOBALS);
        return [source, new PyGlobal(module, name)];
      }
      case 9:
        return random.pick<() => [string, unknown]>([
          () => ["datetime.date(2024, 2, 29)", new PyDate(2024, 2, 29)],
          () => ["datetime.timedelta(-1, 5, 7)", new PyTimedelta(-1, 5, 7)],
          () => [
            "datetime.datetime(2024, 5, 6, 7, 8, 9, 10, tzinfo=datetime.timezone.utc)",
            new PyDateTime(2024, 5, 6, {
              hour: 7,
              minute: 8,
              second: 9,
              microsecond: 10,
              tzinfo: UTC,
            }),
          ],
        ])();
      default:
        return this.#text();
    }
  }

  #text(): [string, string] {
    const text = this.#random.pick(TEXTS);
    return [pythonText(text), text];
  }

  #binary(): [string, Uint8Array] {
    const length = this.#random.pick([0, 1, 2, 30, 255, 256]);
    const fill = this.#random.below(256);
    const source = `b"${`\\x${fill.toString(16).padStart(2, "0")}`.repeat(length)}"`;
    let bytes = this.#bytes.get(source);
    if (bytes === undefined) this.#bytes.set(source, bytes = new Uint8Array(length).fill(fill));
    return [source, bytes];
  }

  #container(depth: number): [string, unknown] {
    const random = this.#random;
    const size = random.pick([0, 1, 2, 3, 4, 7, random.below(30) === 0 ? 1001 : 5]);
    const items: [string, unknown][] = [];
    const kind = random.below(9);
    if (kind < 4) { for (let i = 0; i < size; i++) items.push(this.#any(depth - 1)); }
    const sources = items.map(([source]) => source).join(", ");
    const values = items.map(([, value]) => value);
    switch (kind) {
      case 0:
      case 1:
        return this.#named(`[${sources}]`, values);
      case 2:
        if (size === 0) return ["()", new PyTuple()];
        return this.#named(`tuple([${sources}])`, PyTuple.from(values));
      case 3: {
        const made = new PyDeque<unknown>();
        for (const value of values) made.push(value);
        return this.#named(`collections.deque([${sources}])`, made);
      }
      case 4:
      case 5:
        return this.#dict(size, depth);
      case 6:
        return this.#mixedDict(size, depth);
      case 7: {
        const members = Array.from({ length: size }, (_, i) => i);
        return this.#named(`set(range(${size}))`, new Set(members));
      }
      default: {
        const members = Array.from({ length: size + 1 }, (_, i) => i);
        return this.#named(`frozenset(range(${size + 1}))`, new PyFrozenSet(members));
      }
    }
  }

  #dict(size: number, depth: number): [string, unknown] {
    const value: Record<string, unknown> = {};
    const parts: string[] = [];
    for (let i = 0; i < size; i++) {
      const key = this.#random.below(4) === 0 ? this.#text()[1] : `k${i}`;
      if (Object.hasOwn(value, key)) continue;
      const [source, item] = this.#any(depth - 1);
      value[key] = item;
      parts.push(`${pythonText(key)}: ${source}`);
    }
    return this.#named(`{${parts.join(", ")}}`, value);
  }

  #mixedDict(size: number, depth: number): [string, unknown] {
    const ordered = this.#random.below(3) === 0;
    const value = ordered ? new PyOrderedDict<unknown, unknown>() : new Map<unknown, unknown>();
    const parts: string[] = [];
    for (let i = 0; i < size; i++) {
      const [source, item] = this.#any(depth - 1);
      const key = this.#random.below(2) === 0 ? i * 1000 : `k${i}`;
      value.set(key, item);
      parts.push(ordered ? `(${pythonKey(key)}, ${source})` : `${pythonKey(key)}: ${source}`);
    }
    const list = parts.join(", ");
    return this.#named(ordered ? `collections.OrderedDict([${list}])` : `{${list}}`, value);
  }

  #named(source: string, value: unknown): [string, unknown] {
    const name = `v${this.#lines.length}`;
    this.#lines.push(`${name} = ${source}`);
    this.#shared.push([name, value]);
    return [name, value];
  }
}

function pythonKey(key: string | number): string {
  return typeof key === "number" ? `${key}` : pythonText(key);
}

/** A Python literal; code points above ASCII and lone surrogates as escapes. */
function pythonText(text: string): string {
  let literal = "";
  for (const char of text) {
    const point = char.codePointAt(0)!;
    literal += point >= 32 && point < 127 && char !== '"' && char !== "\\"
      ? char
      : `\\U${point.toString(16).padStart(8, "0")}`;
  }
  return `"${literal}"`;
}
