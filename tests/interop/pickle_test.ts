/**
 * Pickles handed to a real Python and back: equal values, and equal bytes.
 */
import assert from "node:assert/strict";
import { PyDeque, PyOrderedDict } from "../../pickle/collections.ts";
import { dis } from "../../pickle/dis.ts";
import { dumps, loads, picklerBytes } from "../../pickle/pickle.ts";
import { PyByteArray, PyFrozenSet, PyGlobal, tuple } from "../../pickle/values.ts";
import { fromBase64, python, pythonTest, toBase64 } from "./python.ts";
import { type Twins, twins } from "./twins.ts";

const PROTOCOLS = [0, 1, 2, 3, 4, 5];
const CASES: readonly Twins[] = Array.from({ length: 300 }, (_, seed) => twins(seed + 1));

/** What Python makes of each case: its repr, and the bytes of its two picklers by protocol. */
interface Answer {
  repr: string;
  c: string[];
  python: string[];
}

const MAKE = `
import collections, datetime, fractions, http, pickle
def make(source):
    names = {"collections": collections, "datetime": datetime, "fractions": fractions, "http": http}
    exec(source, names)
    return names["value"]
`;

let answers: Promise<Answer[]> | undefined;
function askPython(): Promise<Answer[]> {
  return answers ??= python<Answer[]>(
    `${MAKE}
result = []
for source in data:
    value = make(source)
    result.append({
        "repr": repr(value),
        "c": [b64(pickle.dumps(value, p)) for p in range(6)],
        "python": [b64(pickle._dumps(value, p)) for p in range(6)],
    })
`,
    CASES.map(({ source }) => source),
  );
}

function compare(made: Uint8Array, wanted: string, index: number): void {
  if (toBase64(made) === wanted) return;
  // the opcodes around the place where they part tell more than the bytes
  const ours = dis(made).split("\n");
  const theirs = dis(fromBase64(wanted)).split("\n");
  const at = Math.max(0, theirs.findIndex((line, i) => line !== ours[i]));
  const part = (lines: string[]) => lines.slice(Math.max(0, at - 4), at + 6).join("\n");
  assert.equal(part(ours), part(theirs), `seed ${index + 1}`);
  assert.fail(`seed ${index + 1}: the opcodes are equal, the bytes are not`);
}

pythonTest("dumps() writes what Python reads as the same value, in every protocol", async () => {
  const pickles = CASES.map(({ value }) =>
    PROTOCOLS.map((protocol) => toBase64(dumps(value, { protocol })))
  );
  const reprs = await python<string[][]>(
    `import pickle
result = [[repr(pickle.loads(unb64(one))) for one in case] for case in data]`,
    pickles,
  );
  const wanted = await askPython();
  for (let i = 0; i < CASES.length; i++) {
    for (const protocol of PROTOCOLS) {
      assert.equal(reprs[i][protocol], wanted[i].repr, `seed ${i + 1}, protocol ${protocol}`);
    }
  }
});

for (const protocol of PROTOCOLS) {
  pythonTest(`dumps() writes the bytes of Python's C pickler, protocol ${protocol}`, async () => {
    const wanted = await askPython();
    for (let i = 0; i < CASES.length; i++) {
      compare(dumps(CASES[i].value, { protocol }), wanted[i].c[protocol], i);
    }
  });

  pythonTest(
    `the dialect "python" writes the bytes of pickle._dumps, protocol ${protocol}`,
    async () => {
      const wanted = await askPython();
      for (let i = 0; i < CASES.length; i++) {
        // in protocol 0 the Python pickler keeps the escaped text in its memo, so it never finds it again
        if (protocol === 0 && /\\U000000(?:0[0ad]|1a|5c)/.test(CASES[i].source)) continue;
        const made = picklerBytes(CASES[i].value, { protocol }, { dialect: "python" });
        compare(made, wanted[i].python[protocol], i);
      }
    },
  );

  pythonTest(
    `Python's pickles load exact and dump to the same bytes, protocol ${protocol}`,
    async () => {
      const wanted = await askPython();
      for (let i = 0; i < CASES.length; i++) {
        const value = loads(fromBase64(wanted[i].c[protocol]), { exact: true });
        compare(dumps(value, { protocol }), wanted[i].c[protocol], i);
      }
    },
  );
}

const SIZES = [0, 1, 2, 999, 1000, 1001, 2000, 2001];
const BATCHES: Record<string, [source: string, make: (size: number) => unknown]> = {
  list: ["list(range(N))", (size) => Array.from({ length: size }, (_, i) => i)],
  "dict of str": [
    "{'k%d' % i: i for i in range(N)}",
    (size) => Object.fromEntries(Array.from({ length: size }, (_, i) => [`k${i}`, i])),
  ],
  "dict of int": ["{i: i for i in range(N)}", (size) => new Map(pairs(size))],
  set: ["set(range(N))", (size) => new Set(Array.from({ length: size }, (_, i) => i))],
  frozenset: [
    "frozenset(range(N))",
    (size) => new PyFrozenSet(Array.from({ length: size }, (_, i) => i)),
  ],
  deque: [
    "collections.deque(range(N))",
    (size) => {
      const made = new PyDeque<number>();
      for (let i = 0; i < size; i++) made.push(i);
      return made;
    },
  ],
  OrderedDict: [
    "collections.OrderedDict((i, i) for i in range(N))",
    (size) => new PyOrderedDict(pairs(size)),
  ],
};
// how full a frame is when the container ends decides where the next one begins
const FILLERS: Record<string, [source: string, make: (bytes: Uint8Array) => unknown]> = {
  list: ["[[b], 1]", (b) => [[b], 1]],
  tuple: ["[(b,), 1]", (b) => [tuple(b), 1]],
  "tuple of four": ["[(1, 2, 3, b), 1]", (b) => [tuple(1, 2, 3, b), 1]],
  bytearray: ["[bytearray(b), 1]", (b) => [new PyByteArray(b), 1]],
  "dict value": ["[{1: b}, 1]", (b) => [new Map([[1, b]]), 1]],
  "dict key": ["[{b: 1}, 1]", (b) => [new Map([[b, 1]]), 1]],
  set: ["[{b}, 1]", (b) => [new Set([b]), 1]],
  frozenset: ["[frozenset([b]), 1]", (b) => [new PyFrozenSet([b]), 1]],
  str: ["[b.decode(), int, 1]", (b) => ["x".repeat(b.length), new PyGlobal("builtins", "int"), 1]],
  end: ["b", (b) => b],
};

function pairs(size: number): [number, number][] {
  return Array.from({ length: size }, (_, i) => [i, i]);
}

async function compareBoth(
  cases: readonly (readonly [name: string, source: string, value: unknown])[],
  protocols: readonly number[],
): Promise<void> {
  const wanted = await python<[string, string][][]>(
    `import collections, pickle
result = [[[b64(pickle.dumps(v, p)), b64(pickle._dumps(v, p))] for p in ${
      JSON.stringify(protocols)
    }] for v in map(eval, data)]`,
    cases.map(([, source]) => source),
  );
  for (const [i, [name, , value]] of cases.entries()) {
    for (const [k, protocol] of protocols.entries()) {
      for (const [d, dialect] of (["c", "python"] as const).entries()) {
        const made = toBase64(picklerBytes(value, { protocol }, { dialect }));
        assert.ok(made === wanted[i][k][d], `${name}, protocol ${protocol}, dialect ${dialect}`);
      }
    }
  }
}

pythonTest("batches of 1000 items end as both of Python's picklers end them", async () => {
  const cases = Object.entries(BATCHES).flatMap(([name, [source, make]]) =>
    SIZES.map((size) =>
      [`${name} of ${size}`, source.replaceAll("N", `${size}`), make(size)] as const
    )
  );
  await compareBoth(cases, PROTOCOLS);
});

pythonTest("frames end where both of Python's picklers end them", async () => {
  const cases = Object.entries(FILLERS).flatMap(([name, [source, make]]) =>
    [65_500, 65_519, 65_525, 65_531, 65_535, 65_536, 70_000, 2_000_000].map((size) =>
      [
        `${name} of ${size}`,
        `(lambda b: ${source})(b"x" * ${size})`,
        make(new Uint8Array(size).fill(120)),
      ] as const
    )
  );
  await compareBoth(cases, [4, 5]);
});

const CLASSES = `
import array, collections, copyreg, dataclasses, datetime, decimal, enum, fractions, functools
import pathlib, pickle, sys, types, uuid, zoneinfo
module = types.ModuleType("models")
sys.modules["models"] = module
code = """
import collections, dataclasses, enum, typing
class Plain:
    def __init__(self): self.a = 1; self.b = [2.0, "x"]; self.me = self
class Colour(enum.Enum): RED = 1
class Flag(enum.Flag): A = 1; B = 2
@dataclasses.dataclass
class Data: x: int; y: str
@dataclasses.dataclass(frozen=True)
class Frozen: x: int
@dataclasses.dataclass(slots=True)
class Slotted: x: int; y: str
class Slots:
    __slots__ = ("p", "q")
class SlotsAndDict(Slots): pass
Point = collections.namedtuple("Point", "x y")
class Typed(typing.NamedTuple):
    a: int
    b: str = "b"
class Failure(Exception):
    def __init__(self, text, code): super().__init__(text, code); self.code = code
class Kwargs:
    def __new__(cls, a, *, key): self = object.__new__(cls); self.a = a; self.key = key; return self
    def __getnewargs_ex__(self): return (self.a,), {"key": self.key}
class Args:
    def __new__(cls, a): self = object.__new__(cls); self.a = a; return self
    def __getnewargs__(self): return (self.a,)
class State:
    def __getstate__(self): return ("state", 1)
    def __setstate__(self, state): self.s = state
class Falsy:
    def __getstate__(self): return {}
def setter(obj, state): obj.__dict__.update(state)
class Reduced:
    def __reduce_ex__(self, protocol):
        return (Reduced, (), {"k": [1]}, iter([1, 2]), iter([("a", 1), ("b", 2)]))
    def append(self, item): pass
    def extend(self, items): pass
    def __setitem__(self, key, value): pass
class WithSetter:
    def __reduce_ex__(self, protocol): return (WithSetter, (), {"k": 1}, None, None, setter)
class ListSub(list): pass
class DictSub(dict): pass
class SetSub(set): pass
class StrSub(str): pass
class IntSub(int): pass
class Outer:
    class Inner: pass
"""
exec(code, module.__dict__)
m = module
for each in list(vars(m).values()):
    if isinstance(each, type) and each.__module__ in ("__main__", "builtins"):
        each.__module__ = "models"
m.setter.__module__ = "models"
m.Outer.Inner.__module__ = "models"
def fill(obj, **attributes):
    for key, value in attributes.items(): setattr(obj, key, value)
    return obj
zone = datetime.timezone(datetime.timedelta(hours=-5, minutes=30), "Somewhere")
VALUES = {
    "datetime": [datetime.datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=zone, fold=1),
                 datetime.datetime(1, 1, 1), datetime.date(9999, 12, 31), datetime.time(23, 59, fold=1),
                 datetime.time(1, 2, tzinfo=datetime.timezone.utc),
                 datetime.timedelta(days=-3, microseconds=1), zone, datetime.timezone.utc],
    "zoneinfo": [zoneinfo.ZoneInfo("UTC")],
    "Decimal, Fraction, UUID, Path": [decimal.Decimal("-1.50"), decimal.Decimal("NaN"),
        fractions.Fraction(1, 3), uuid.UUID(int=5), pathlib.PurePosixPath("/a/b"), range(1, 9, 2), slice(1, None)],
    "enum": [m.Colour.RED, m.Flag.A | m.Flag.B, m.Colour.RED],
    "dataclass": [m.Data(1, "y"), m.Frozen(2), m.Slotted(1, "z")],
    "namedtuple": [m.Point(1, [2]), m.Typed(1), m.Typed(2, "c")],
    "exceptions": [ValueError("x", 2), KeyError(), OSError(2, "no", "file"), m.Failure("t", 3),
                   UnicodeDecodeError("utf-8", b"ab", 0, 1, "why")],
    "__slots__": [fill(m.Slots(), p=1, q="r"), fill(m.SlotsAndDict(), p=1, z=2)],
    "__getnewargs__": [m.Args([1])],
    "__getnewargs_ex__": [m.Kwargs("a", key="v")],
    "__getstate__": [m.State(), m.Falsy()],
    "__reduce_ex__ with items and entries": [m.Reduced()],
    "__reduce_ex__ with a state setter": [m.WithSetter()],
    "subclasses of builtin types": [fill(m.ListSub([1, 2]), extra=1), m.ListSub(), m.DictSub(a=1), m.SetSub([1]),
                                    m.StrSub("s"), m.IntSub(5)],
    "an instance in a cycle": [m.Plain()],
    "nested class": [m.Outer.Inner(), m.Outer.Inner],
    "functions and partial": [functools.partial(int, base=2), len, m.setter, str.join, [].append.__class__],
    "collections": [collections.OrderedDict(a=1), collections.defaultdict(list, a=[1]), collections.defaultdict(),
        collections.Counter("abca"), collections.deque([1, 2], maxlen=3), collections.ChainMap({"a": 1}),
        collections.UserDict(a=1)],
    "array.array": [array.array(c, [1, 2, 3]) for c in "bBhHiIlLqQfd"] + [array.array("u", "aé☃")],
    "singletons": [Ellipsis, NotImplemented, type(None), type(...), complex(0.0, -0.0), float("nan"), -0.0],
}
`;

const CLASS_NAMES = [
  ..."datetime,zoneinfo,enum,dataclass,namedtuple,exceptions,__slots__,__getnewargs__".split(","),
  "Decimal, Fraction, UUID, Path",
  "__getnewargs_ex__",
  "__getstate__",
  "__reduce_ex__ with items and entries",
  "__reduce_ex__ with a state setter",
  "subclasses of builtin types",
  "an instance in a cycle",
  "nested class",
  "functions and partial",
  "collections",
  "array.array",
  "singletons",
];

let classPickles: Promise<Record<string, (string | null)[][]>> | undefined;
function askClasses(): Promise<Record<string, (string | null)[][]>> {
  return classPickles ??= python(`${CLASSES}
def attempt(value, protocol):
    try: return b64(pickle.dumps(value, protocol))
    except (pickle.PicklingError, TypeError): return None # __slots__ below protocol 2
result = {name: [[attempt(v, p) for p in range(6)] for v in values] for name, values in VALUES.items()}
assert len(result) == ${CLASS_NAMES.length}
`);
}

for (const name of CLASS_NAMES) {
  pythonTest(`Python's pickles of ${name} load exact and dump to the same bytes`, async () => {
    const all = (await askClasses())[name];
    for (const [i, pickles] of all.entries()) {
      for (const protocol of PROTOCOLS) {
        const wanted = pickles[protocol];
        if (wanted === null) continue;
        const value = loads(fromBase64(wanted), { exact: true });
        const made = dumps(value, { protocol, strings: "value" });
        const place = `value ${i}, protocol ${protocol}`;
        if (toBase64(made) !== wanted) assert.equal(dis(made), dis(fromBase64(wanted)), place);
      }
    }
  });
}

pythonTest("dis() shows the places, opcodes and MARKs that pickletools.dis shows", async () => {
  const values = CASES.slice(0, 60).flatMap(({ value }) =>
    PROTOCOLS.map((protocol) => dumps(value, { protocol }))
  );
  const theirs = await python<string[]>(
    `import io, pickletools
result = []
for one in data:
    out = io.StringIO()
    pickletools.dis(unb64(one), out)
    result.append(out.getvalue())`,
    values.map(toBase64),
  );
  // arguments are spelled as in JavaScript, so only the columns before them and the MARKs are compared
  const columns = (text: string) =>
    text.trimEnd().split("\n").map((line) => {
      const [, head = line] = /^( *\d+: \S+ +\w+)/.exec(line) ?? [];
      return head + (/\((?:MARK at|as) \d+\)$/.exec(line)?.[0] ?? "");
    });
  for (const [i, bytes] of values.entries()) {
    assert.deepEqual(columns(dis(bytes)), columns(theirs[i]), `case ${i}`);
  }
});
