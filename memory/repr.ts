/**
 * Python's `repr()` of a value, bounded in length: what metadata.json and the log show of a call's
 * arguments. Large arrays are shown in short, as numpy does, and nothing is read that is not shown.
 */
import { arrayText } from "../numpy/array_text.ts";
import { MaskedArray } from "../numpy/masked.ts";
import { Memmap } from "../numpy/memmap.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { arrayOfTyped } from "../numpy/pickle.ts";
import {
  PyArray,
  PyCounter,
  PyDefaultDict,
  PyDeque,
  PyOrderedDict,
} from "../pickle/collections.ts";
import { fromForeignDate } from "../pickle/foreign.ts";
import {
  isPlainObject,
  PyByteArray,
  PyComplex,
  PyFloat,
  PyFrozenSet,
  PyGlobal,
  PyObject,
  PyTuple,
} from "../pickle/values.ts";
import { dateRepr } from "./_repr_dates.ts";
import { bytearrayRepr, bytesRepr, complexRepr, floatRepr, textRepr } from "./_repr_text.ts";

/** What {@link repr} can be told. */
export interface ReprOptions {
  /** The text is cut after so many characters, and ends in `...` then. @default 1000 */
  readonly maxLength?: number;
}

/**
 * Python's repr of a value.
 *
 * Never throws: what has no repr shows its class, as `<Name object>`. Integers that are numbers are int, other
 * numbers float, undefined is None, typed arrays are numpy's. Members of a set stand in their own order.
 */
export function repr(value: unknown, options: ReprOptions = {}): string {
  const { maxLength = 1000 } = options;
  const writer = new ReprWriter(maxLength);
  writer.write(value);
  return writer.text.length > maxLength ? `${writer.text.slice(0, maxLength)}...` : writer.text;
}

/** Writes until the text is long enough; each level of nesting takes a character, so depth is bounded. */
class ReprWriter {
  text = "";
  readonly #most: number;
  readonly #open = new Set<object>();

  constructor(most: number) {
    this.#most = most;
  }

  write(value: unknown): void {
    if (this.#full) return;
    switch (typeof value) {
      case "string":
        this.text += textRepr(value, this.#most + 1);
        return;
      case "number":
        this.text += Number.isSafeInteger(value) && !Object.is(value, -0)
          ? String(value)
          : floatRepr(value);
        return;
      case "bigint":
        this.text += String(value);
        return;
      case "boolean":
        this.text += value ? "True" : "False";
        return;
      case "undefined":
        this.text += "None";
        return;
      case "object":
        if (value === null) this.text += "None";
        else this.#guarded(value);
        return;
      case "function":
        this.text += `<function ${value.name || "<lambda>"}>`;
        return;
      default:
        this.text += String(value);
    }
  }

  get #full(): boolean {
    return this.text.length > this.#most;
  }

  #guarded(value: object): void {
    const { length } = this.text;
    try {
      this.#object(value);
    } catch { // a getter that throws, an array whose memory is gone: metadata only tells of the call
      this.text = `${this.text.slice(0, length)}<${nameOf(value)} object>`;
    }
  }

  #object(value: object): void {
    if (this.#open.has(value)) {
      this.text += Array.isArray(value) ? value instanceof PyTuple ? "(...)" : "[...]" : "{...}";
      return;
    }
    this.#open.add(value);
    try {
      this.#known(value);
    } finally {
      this.#open.delete(value);
    }
  }

  #known(value: object): void {
    if (Array.isArray(value)) this.#list(value);
    else if (value instanceof Map) this.#map(value);
    else if (value instanceof Set) this.#set(value);
    else if (isPlainObject(value)) this.#dict(entriesOf(value));
    else if (value instanceof PyFloat) this.text += floatRepr(Number(value));
    else if (value instanceof PyComplex) this.text += complexRepr(value.re, value.im);
    else this.text += this.#leaf(value);
  }

  #leaf(value: object): string {
    if (value instanceof PyGlobal) return globalRepr(value);
    if (value instanceof PyObject) return objectRepr(value);
    if (value instanceof PyByteArray) return bytearrayRepr(value, this.#most);
    const bytes = bytesOf(value);
    if (bytes !== undefined) return bytesRepr(bytes, this.#most);
    if (value instanceof Memmap) return `memmap(shape=(${value.shape.join(", ")}))`;
    if (value instanceof MaskedArray) return inspected(value);
    const array = value instanceof NDArray ? value : arrayOfTyped(value);
    if (array !== undefined) return arrayText(array);
    if (value instanceof PyArray) {
      const items = repr(
        Array.from(
          value.data as ArrayLike<unknown>,
          (item) => "fd".includes(value.typecode) ? new PyFloat(item as number) : item,
        ),
        {
          maxLength: this.#most,
        },
      );
      return value.data.length === 0
        ? `array('${value.typecode}')`
        : `array('${value.typecode}', ${items})`;
    }
    return dateRepr(
      fromForeignDate(value) ?? value,
      (inner) => repr(inner, { maxLength: this.#most }),
    ) ?? inspected(value);
  }

  #list(items: readonly unknown[]): void {
    const tuple = items instanceof PyTuple;
    const deque = items instanceof PyDeque;
    this.text += deque ? "deque([" : tuple ? "(" : "[";
    for (let i = 0; i < items.length && !this.#full; i++) {
      if (i > 0) this.text += ", ";
      this.write(items[i]);
    }
    if (tuple) this.text += items.length === 1 ? ",)" : ")";
    else this.text += "]";
    if (deque) this.text += items.maxlen === null ? ")" : `, maxlen=${items.maxlen})`;
  }

  #map(value: Map<unknown, unknown>): void {
    if (value instanceof PyDefaultDict) {
      this.text += "defaultdict(";
      this.write(value.factory);
      this.text += ", ";
      this.#dict(value);
      this.text += ")";
    } else if (value instanceof PyOrderedDict || value instanceof PyCounter) {
      const counter = value instanceof PyCounter;
      this.text += counter ? "Counter(" : "OrderedDict(";
      if (value.size > 0) this.#dict(counter ? byCount(value) : value);
      this.text += ")";
    } else this.#dict(value);
  }

  #dict(entries: Iterable<readonly [unknown, unknown]>): void {
    this.text += "{";
    let first = true;
    for (const [key, value] of entries) {
      if (this.#full) break;
      if (!first) this.text += ", ";
      first = false;
      this.write(key);
      this.text += ": ";
      this.write(value);
    }
    this.text += "}";
  }

  #set(value: Set<unknown>): void {
    const name = value instanceof PyFrozenSet ? "frozenset" : value.size === 0 ? "set" : "";
    if (name !== "") this.text += `${name}(`;
    if (value.size > 0) {
      this.text += "{";
      let first = true;
      for (const item of value) {
        if (this.#full) break;
        if (!first) this.text += ", ";
        first = false;
        this.write(item);
      }
      this.text += "}";
    }
    if (name !== "") this.text += ")";
  }
}

function* entriesOf(value: Record<string, unknown>): Generator<[string, unknown]> {
  for (const key of Object.keys(value)) yield [key, value[key]];
}

/** As `Counter.most_common`. */
function byCount(counter: Map<unknown, unknown>): [unknown, unknown][] {
  return [...counter].sort(([, a], [, b]) => Number(b) - Number(a));
}

function bytesOf(value: object): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (value instanceof DataView) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (
    value instanceof ArrayBuffer ||
    typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer
  ) return new Uint8Array(value);
  return undefined;
}

const BUILTIN_FUNCTIONS: ReadonlySet<string> = new Set(
  "abs all any ascii bin callable chr dir divmod format getattr hasattr hash hex id isinstance iter len max min next oct open ord pow print repr round setattr sorted sum vars"
    .split(" "),
);

function globalRepr({ module, name, className }: PyGlobal): string {
  if (className === "builtins.Ellipsis" || className === "builtins.NotImplemented") return name;
  if (module === "builtins") {
    return BUILTIN_FUNCTIONS.has(name) ? `<built-in function ${name}>` : `<class '${name}'>`;
  }
  return /^[A-Z]/.test(name.slice(name.lastIndexOf(".") + 1))
    ? `<class '${className}'>`
    : `<function ${className}>`;
}

/** Types of the standard library that spell their arguments; of others only the class is known. */
const SPELLED: ReadonlySet<string> = new Set([
  "decimal.Decimal",
  "pathlib.Path",
  "pathlib.PosixPath",
  "pathlib.PurePath",
  "pathlib.PurePosixPath",
  "pathlib.PureWindowsPath",
  "pathlib.WindowsPath",
]);

function objectRepr({ className, args }: PyObject): string {
  if (!SPELLED.has(className) || args.some((arg) => typeof arg !== "string")) {
    return `<${className} object>`;
  }
  const texts = args as readonly string[];
  const text = className === "decimal.Decimal"
    ? texts.join("")
    : texts.join("/").replace("//", "/");
  return `${className.slice(className.indexOf(".") + 1)}(${textRepr(text, 1000)})`;
}

/** What the value shows of itself, where it is one of ours. */
function inspected(value: object): string {
  const own = (value as Record<symbol, unknown>)[Symbol.for("nodejs.util.inspect.custom")];
  if (typeof own !== "function") return `<${nameOf(value)} object>`;
  return String(own.call(value, 2, {}, (inner: unknown) => repr(inner, { maxLength: 200 })));
}

function nameOf(value: object): string {
  const made: unknown = (value as { constructor?: unknown }).constructor;
  if (typeof made !== "function") return "anonymous";
  const { pyClass } = made as { pyClass?: unknown };
  return typeof pyClass === "string" ? pyClass : made.name || "anonymous";
}
