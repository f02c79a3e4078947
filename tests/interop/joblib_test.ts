/**
 * Files handed to Python's joblib and back: equal values with all that is shared, and equal bytes
 * wherever Python's own load and dump gives them again.
 */
import assert from "node:assert/strict";
import { type DumpOptions, dumps, load, loads, NDArray, PyTuple } from "../../mod.ts";
import { build, makePlan, type Plan, PYTHON_PLANS } from "./plans.ts";
import { fromBase64, python, pythonTest, toBase64 } from "./python.ts";

const PLANS: readonly Plan[] = Array.from({ length: 100 }, (_, seed) => makePlan(seed));
const EXACT = { exact: true, ensureNativeByteOrder: false } as const;

/** Ways to write a file, and Python's spelling of them. */
const WAYS: readonly [DumpOptions, string][] = [
  [{}, ""],
  ...[0, 1, 2, 3, 5].map((
    protocol,
  ): [DumpOptions, string] => [{ protocol }, `protocol=${protocol}`]),
  ...[1, 6, 9].map((compress): [DumpOptions, string] => [{ compress }, `compress=${compress}`]),
  [{ compress: true }, "compress=True"],
  [{ compress: "gzip" }, "compress='gzip'"],
  [{ compress: ["gzip", 9] }, "compress=('gzip', 9)"],
  [{ compress: ["zlib", 2], protocol: 2 }, "compress=('zlib', 2), protocol=2"],
];

for (const [options, keywords] of WAYS) {
  pythonTest(`Python loads what dumps() wrote: ${keywords || "defaults"}`, async () => {
    const files = PLANS.map((plan) => toBase64(dumps(build(plan), options)));
    await assertSameInPython(files);
  });

  pythonTest(`load() reads what Python dumped: ${keywords || "defaults"}`, async () => {
    const files = await python<string[]>(
      `${PYTHON_PLANS}\nresult = [b64(dumped(build(plan)${
        keywords && `, ${keywords}`
      })) for plan in data]`,
      PLANS,
    );
    for (const [i, file] of files.entries()) {
      assertSame(loads(fromBase64(file), EXACT), build(PLANS[i]), `seed ${i}`);
      assertSame(await load(fromBase64(file), EXACT), build(PLANS[i]), `seed ${i}`);
    }
    // and back again
    const again = files.map((file) => toBase64(dumps(loads(fromBase64(file), EXACT), options)));
    await assertSameInPython(again);
  });
}

pythonTest("load() makes foreign byte order native, as Python does", async () => {
  const answers = await python<{ file: string; native: string }[]>(
    `${PYTHON_PLANS}
result = []
for plan in data:
    file = dumped(build(plan)[0])
    native = loaded(file, native=True)
    result.append({"file": b64(file), "native": b64(native.astype(native.dtype, order="C").tobytes()) + native.dtype.str})`,
    PLANS,
  );
  for (const [i, { file, native }] of answers.entries()) {
    const array = loads<NDArray>(fromBase64(file));
    assert.equal(toBase64(array.tobytes()) + array.dtype.str, native, `seed ${i}`);
  }
});

/** Values whose files we must give back byte for byte, as Python's own load and dump does. */
const EXPRESSIONS: readonly string[] = [
  ..."None|True|0|-1|2**100|1.5|-0.0|float('nan')|'text'|b'raw'|bytearray(b'x')|1j".split("|"),
  ..."[]|()|{}|set()|frozenset()|[1, [2, [3]]]|(1, (2,), ())|{'a': {'b': [1.0, 2]}}".split("|"),
  ..."list(range(5000))|{i: str(i) for i in range(2500)}|['x' * 70000, b'y' * 70000]".split("|"),
  ..."range(10)|slice(1, None, 2)|Ellipsis|NotImplemented|int|len|np.ndarray|np.float64".split("|"),
  "datetime.datetime(2024, 2, 29, 12, 30, 1, 5, tzinfo=datetime.timezone.utc)",
  "datetime.timedelta(days=-1, microseconds=3)",
  "datetime.date(1, 1, 1)",
  "datetime.time(23, 59, fold=1)",
  "decimal.Decimal('1.10')",
  "fractions.Fraction(1, 3)",
  "uuid.UUID(int=5)",
  "pathlib.PurePosixPath('/tmp/x')",
  "collections.OrderedDict(b=1, a=2)",
  "collections.Counter('abca')",
  "collections.defaultdict(list, {'a': [1]})",
  "collections.deque([1, 2, 3], maxlen=5)",
  "functools.partial(int, base=2)",
  "array.array('d', [1.5, 2.5])",
  "ValueError('wrong', 3)",
  "re.compile('a+', re.I)",
  "np.arange(10)",
  "np.arange(10, dtype='>i4')",
  "np.zeros((0, 3))",
  "np.array(5.0)",
  "np.asfortranarray(np.arange(12.0).reshape(3, 4))",
  "np.arange(24, dtype='u1').reshape(2, 3, 4).transpose(1, 0, 2)",
  "np.arange(20)[::3]",
  "np.array([True, False])",
  "np.array([1 + 2j], dtype='c8')",
  "np.array([0.5, 65504], dtype='f2')",
  "np.array(['a', 'bcd'])",
  "np.array(['a', 'bcd'], dtype='>U5')",
  "np.array([b'a', b'bcd'])",
  "np.array(['2024-01-01', 'NaT'], dtype='M8[D]')",
  "np.array([1, 2], dtype='m8[25us]')",
  "np.zeros(3, dtype=[('id', 'i4'), ('name', 'U10'), ('pos', '<f8', (3,))])",
  "np.zeros(3, dtype=np.dtype([('a', 'u1'), ('b', 'f8')], align=True))",
  "np.array([1, 'a', None, [1, 2]], dtype=object)",
  "np.array([np.arange(3), None], dtype=object)",
  "np.matrix([[1, 2], [3, 4]])",
  "np.ma.array([1.0, 2.0], mask=[0, 1])",
  "np.rec.array([(1, 2.0)], dtype=[('a', 'i4'), ('b', 'f8')])",
  "np.int64(3)",
  "np.float32(1.5)",
  "np.bool_(True)",
  "np.str_('x')",
  "np.datetime64('2024-01-01T00:00', 'ns')",
  "np.dtype('f4')",
  "np.dtype([('a', 'i4')])",
  "np.random.RandomState(5)",
  "np.random.default_rng(5)",
  "[np.arange(3), np.arange(3.0), np.arange(3)]",
  "{'weights': np.ones((3, 3)), 'name': 'm', 'history': [{'loss': 0.5}]}",
  "('a', [1, 2, 3], np.arange(10), {'k': np.ones((2, 2))})",
  "np.arange(100000.0)",
  "np.polynomial.Polynomial([1, 2, 3])",
];

for (const protocol of [0, 1, 2, 3, 4, 5]) {
  pythonTest(`files of Python come back byte for byte, protocol ${protocol}`, async () => {
    const answers = await python<{ file: string; again: string }[]>(
      `${PYTHON_PLANS}
import array, collections, datetime, decimal, fractions, functools, pathlib, re, uuid
result = []
for expression in data["expressions"]:
    file = dumped(eval(expression), protocol=data["protocol"])
    result.append({"file": b64(file), "again": b64(dumped(loaded(file), protocol=data["protocol"]))})`,
      { expressions: EXPRESSIONS, protocol },
    );
    const failures: string[] = [];
    for (const [i, { file, again }] of answers.entries()) {
      const found = (["value", "distinct"] as const).map((strings) =>
        toBase64(dumps(loads(fromBase64(file), EXACT), { protocol, strings }))
      );
      if (!found.includes(file) && !found.includes(again)) failures.push(EXPRESSIONS[i]);
    }
    assert.deepEqual(failures, []);
  });
}

pythonTest("several dumps in one file are read by Python one after the other", async () => {
  const file = Uint8Array.of(...dumps(1), ...dumps(["x"]), ...dumps({ a: 2 }));
  const values = await python<unknown[]>(
    `import joblib, tempfile
with tempfile.TemporaryFile() as f:
    f.write(unb64(data)); f.seek(0)
    result = [joblib.load(f) for _ in range(3)]`,
    toBase64(file),
  );
  assert.deepEqual(values, [1, ["x"], { a: 2 }]);
});

pythonTest("Python maps the arrays of our files, aligned", async () => {
  const file = dumps({ a: Float64Array.of(1, 2), b: ["text", Int32Array.of(3)] });
  const found = await python<unknown>(
    `import joblib, numpy as np, os, tempfile
with tempfile.TemporaryDirectory() as d:
    path = os.path.join(d, "x")
    open(path, "wb").write(unb64(data))
    v = joblib.load(path, mmap_mode="r")
    arrays = [v["a"], v["b"][1]]
    result = [[type(a).__name__, a.tolist(), a.offset % 16] for a in arrays]`,
    toBase64(file),
  );
  assert.deepEqual(found, [["memmap", [1, 2], 0], ["memmap", [3], 0]]);
});

async function assertSameInPython(files: readonly string[]): Promise<void> {
  const differences = await python<(string | null)[]>(
    `${PYTHON_PLANS}
def check(plan, file):
    try: return difference(build(plan), loaded(unb64(file)))
    except Exception as error: return repr(error)
result = [check(plan, file) for plan, file in zip(data["plans"], data["files"])]`,
    { plans: PLANS, files },
  );
  const found = differences.flatMap((text, seed) => text === null ? [] : [`seed ${seed}: ${text}`]);
  assert.deepEqual(found, []);
}

/** Equal values, types, dtypes, orders, and the same sharing. */
function assertSame(found: unknown, expected: unknown, at: string, seen = new Map()): void {
  if (expected instanceof NDArray) {
    assert.ok(found instanceof NDArray, at);
    assert.equal(found.dtype.toString(), expected.dtype.toString(), at);
    assert.deepEqual(found.shape, expected.shape, at);
    assert.equal(found.order === "F", expected.order === "F", at);
    if (expected.objects === null) {
      assert.deepEqual(new Uint8Array(found.tobytes()), new Uint8Array(expected.tobytes()), at);
    } else assertSame(found.objects, expected.objects, `${at}.objects`);
    return;
  }
  if (Array.isArray(expected) || expected instanceof Map) {
    if (expected instanceof Map || expected.length > 0) {
      if (seen.has(expected)) return assert.equal(found, seen.get(expected), `${at} is shared`);
      seen.set(expected, found);
    }
    assert.equal(found?.constructor, expected.constructor, at);
    assert.equal(found instanceof PyTuple, expected instanceof PyTuple, at);
    const [left, right] = [entriesOf(found), entriesOf(expected)];
    assert.equal(left.length, right.length, at);
    for (let i = 0; i < right.length; i++) {
      assert.deepEqual(left[i][0], right[i][0], at);
      assertSame(left[i][1], right[i][1], `${at}[${right[i][0]}]`, seen);
    }
    return;
  }
  assert.deepEqual(found, expected, at);
}

function entriesOf(value: unknown): [unknown, unknown][] {
  return value instanceof Map ? [...value] : Object.entries(value as unknown[]);
}
