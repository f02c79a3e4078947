/**
 * What of a call is hashed, in both languages: random signatures and calls go through joblib's filter_args and
 * joblib.hash, and through ours. And `repr`, which metadata.json shows.
 */
import assert from "node:assert/strict";
import { hash } from "../../hash/mod.ts";
import { filterArguments, inputArgs, parseSignature } from "../../memory/signature.ts";
import { repr } from "../../memory/repr.ts";
import { Random } from "../random.ts";
import { loads } from "../../persistence/mod.ts";
import { fromBase64, python, pythonTest } from "./python.ts";

const LITERALS = [
  ..."None True False 0 1 -7 2.0 -0.5 1e300 1e16 1_000 0x1F 0b101 0o17 2j 1-2.5j 123456789012345678901234567890"
    .split(" "),
  ..."9007199254740991 9007199254740992 -9007199254740993 .5 5. 1e-7 -2.0 0.0 007.5 1_0.2_5e1_0"
    .split(" "),
  `''`,
  `"it's"`,
  `'a\\tb\\x41\\u00e9\\U0001F600\\101\\q'`,
  `'é' "x"`,
  `r'a\\n'`,
  `'''two "lines"\\\n'''`,
  `b'\\x00\\xffA\\n'`,
  `Br"\\d"`,
  `()`,
  `(1,)`,
  `(1, 'a', (2.5, None))`,
  `[1, [2, []], ]`,
  `{}`,
  `{'a': 1, "b": [2.0]}`,
  `{1: 'x', (1, 2): 'y'}`,
  `{1, 2, 'z'}`,
  `set()`,
  `(3)`,
  `- 5`,
  `--5`,
  `float("inf")`,
  `-float('inf')`,
];

interface Call {
  readonly args: readonly string[];
  /** Python's and our spelling of each positional argument. */
  readonly positional: readonly string[];
  readonly keywords: Readonly<Record<string, string>>;
  readonly ignore: readonly string[];
}

/** A signature and a call of it, which is not always a valid one. */
function makeCall(seed: number): Call {
  const random = new Random(seed + 1);
  const args: string[] = [];
  const keywords: Record<string, string> = {};
  const literal = () => random.pick(LITERALS);
  const places = random.below(4);
  const required = random.below(places + 1);
  for (let i = 0; i < places; i++) args.push(i < required ? `p${i}` : `p${i} = ${literal()}`);
  const star = random.below(3);
  const named = star === 0 ? 0 : random.below(3) + (star === 1 ? 1 : 0);
  if (star > 0) args.push(star === 1 ? "*" : "*rest");
  for (let i = 0; i < named; i++) {
    const needed = random.below(3) === 0;
    args.push(needed ? `k${i}` : `k${i}=${literal()}`);
    if (needed ? random.below(10) > 0 : random.below(2) > 0) keywords[`k${i}`] = literal();
  }
  const others = random.below(3) === 0;
  if (others) args.push("**others");
  const takesNames = named > 0 || others;
  if ((takesNames || star < 2) && random.below(others ? 2 : 20) === 0) keywords["éx"] = literal();
  if (others && random.below(2) === 0) keywords["10"] = literal();
  const given = star === 2 ? places + random.below(3) : random.below(places + 1);
  const count = random.below(15) === 0 ? places + 1 : Math.max(given, required);
  // in JavaScript what is given by name stands behind all places
  const filled = Object.keys(keywords).length > 0 ? Math.max(count, places) : count;
  const positional = Array.from({ length: filled }, literal);
  const names = ["*", "**", ...args.map((text) => text.replace(/[* ]|=[^]*/g, "")).filter(Boolean)];
  const ignore = random.below(4) === 0 ? [random.pick(names)] : [];
  return { args, positional, keywords, ignore };
}

const PYTHON = `
import joblib
from joblib.func_inspect import filter_args
def ask(call):
    scope = {}
    exec("def f(" + ", ".join(call["args"]) + "): pass", scope)
    positional = [eval(text) for text in call["positional"]]
    keywords = {name: eval(text) for name, text in call["keywords"].items()}
    try:
        found = filter_args(scope["f"], call["ignore"], positional, keywords)
    except ValueError as error:
        return None
    return [joblib.hash(found), {name: repr(value) for name, value in found.items()}]
result = [ask(call) for call in data]
`;

pythonTest("filterArguments() of random signatures and calls is joblib's filter_args", async () => {
  const calls = Array.from({ length: 3000 }, (_, seed) => makeCall(seed));
  const expected = await python<([string, Record<string, string>] | null)[]>(PYTHON, calls);
  let refused = 0;
  for (const [index, call] of calls.entries()) {
    const wanted = expected[index];
    const spelled = JSON.stringify(call);
    if (wanted === null) {
      refused++;
      assert.throws(() => ask(call), TypeError, spelled);
      continue;
    }
    const [id, texts] = ask(call);
    assert.deepEqual(withoutSets(texts), withoutSets(wanted[1]), spelled);
    assert.deepEqual(Object.keys(texts), Object.keys(wanted[1]), spelled);
    assert.equal(id, wanted[0], spelled);
  }
  assert.ok(refused > 50 && refused < 1500, `${refused} refused`);
});

function ask(call: Call): [string, Record<string, string>] {
  const signature = parseSignature(call.args, "f");
  const known = [...signature.parameters.map(({ name }) => name)];
  if (signature.rest !== undefined) known.push("*");
  if (signature.keywords !== undefined) known.push("**");
  for (const name of call.ignore) if (!known.includes(name)) throw new TypeError(name);
  const args = call.positional.map(valueOf);
  const names = Object.entries(call.keywords);
  const places = signature.parameters.filter(({ kind }) => kind === "positional").length;
  const takesNames = signature.keywords !== undefined || signature.parameters.length > places;
  // a dict at the end of rest arguments would be taken for the names, so they stand there in any case
  const named = signature.rest !== undefined && takesNames && args.length >= places;
  if (named || names.length > 0) {
    args.push(Object.fromEntries(names.map(([k, v]) => [k, valueOf(v)])));
  }
  const filtered = filterArguments(args, { signature, ignore: call.ignore, functionName: "f" });
  return [hash(filtered), inputArgs(filtered)];
}

/** A literal's value, by the parser that reads defaults. */
function valueOf(text: string): unknown {
  return parseSignature([`x=${text}`], "f").parameters[0].default!.value;
}

/** The members of a set have an order of their own in Python. */
function withoutSets(texts: Record<string, string>): Record<string, string> {
  const sorted = (text: string) => text.replace(/\{[^{}:]*\}/g, (set) => [...set].sort().join(""));
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, sorted(text)]));
}

const VALUES = `
import array, collections, datetime as dt, decimal, joblib, math, pathlib, pickle, random
import numpy as np
random.seed(1)
chars = "a'\\"\\\\\\n\\r\\t\\0\\x7f\\x85\\xa0\\xadéß\\u200b\\u2028\\ufeff\\ud800\\U0001F600\\U000e0001 ΩЖ中"
values = ["".join(random.choice(chars) for _ in range(random.randrange(9))) for _ in range(200)]
values += [bytes(random.choice(b"a'\\"\\\\\\n\\0\\xff~ ") for _ in range(random.randrange(9))) for _ in range(50)]
values += [random.random() * 10.0 ** random.randrange(-320, 308) for _ in range(300)]
values += [float(2 ** k) + d for k in range(45, 60) for d in (0.5, 0)] + [1e15, 1e16, 1e17, 123456789012345680.0, 1e-4, 1e-5, 0.0001234]
values = [v for v in values if not (isinstance(v, float) and v.is_integer() and abs(v) < 2 ** 53)]
values += [math.inf, -math.inf, math.nan, 2 ** 70, -2 ** 53, True, None, 1j, -2j, 1 + 2j, complex(-0.0, 1), complex(1, -0.0), complex(1e16, math.nan), complex(-math.inf, 0.5)]
values += [[], (), (1,), [1, (2, [3])], {}, {"a": 1, "b": {2: None}}, set(), {5}, frozenset(), frozenset([5]), bytearray(b"a'b")]
values += [collections.deque([1, 2]), collections.deque([1], maxlen=3), collections.Counter("abracadabra"), collections.Counter(), collections.defaultdict(int, {"a": 1})]
values += [array.array("d", [1.0, 2.5]), array.array("i"), array.array("h", [1, -2])]
tz = dt.timezone(dt.timedelta(hours=5, minutes=30)), dt.timezone(dt.timedelta(hours=-1), "here"), dt.timezone.utc
values += [dt.date(1, 2, 3), dt.time(), dt.time(1, 2, 3), dt.time(1, 2, 0, 4, tz[0]), dt.time(1, fold=1), *tz]
values += [dt.datetime(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4, 5, 6, tz[1]), dt.datetime(2020, 1, 2, 3, 4, 5, fold=1)]
values += [dt.timedelta(), dt.timedelta(1, 2, 3), dt.timedelta(-1), dt.timedelta(microseconds=-1)]
values += [np.arange(3), np.arange(6.0).reshape(2, 3) / 7, np.zeros((2, 0), "f4"), np.arange(2000), np.array(["a", "bc"]), np.array([True]), np.array(1.5), np.arange(4, dtype="u1"), np.array([1 + 2j])]
values += [decimal.Decimal("1.50"), int, len, Ellipsis, collections.OrderedDict, pathlib.PurePosixPath("/a/b'c")]
cyclic = [1]; cyclic.append(cyclic); knot = {}; knot["k"] = (knot,)
values += [cyclic, knot]
result = [[b64(pickle.dumps(value, 4)), repr(value)] for value in values]
`;

pythonTest("repr() is Python's", async () => {
  const cases = await python<[string, string][]>(VALUES);
  const wrong = cases.flatMap(([pickle, wanted]) => {
    const found = repr(loads(fromBase64(pickle)), { maxLength: 1e6 });
    return found === wanted ? [] : [[found, wanted]];
  });
  assert.deepEqual(wrong, []);
});
