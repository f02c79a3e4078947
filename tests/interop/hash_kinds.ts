/**
 * Random values of all kinds that Python pickles, made in Python: objects of its library and of classes
 * in the script, numpy's arrays, scalars and dtypes, in containers that are shared.
 */

/** What makes the values: `make(seed)`, and `hashed(seed)`, which pickles and hashes one. */
export const PYTHON_KINDS = `
import array, collections, dataclasses, datetime, decimal, enum, fractions, functools, io, json, math
import operator, os, pathlib, pickle, random, re, uuid, joblib, numpy as np
class Plain:
    def __init__(self, **items): self.__dict__.update(items)
    def method(self): return 1
class Slots:
    __slots__ = ("a", "b")
    def __init__(self, a, b): self.a, self.b = a, b
class State(Plain):
    def __getstate__(self): return tuple({"z": 1, **self.__dict__}.items())
    def __setstate__(self, state): self.__dict__.update(state)
class Reduced:
    def __init__(self, *args): self.args = args
    def __reduce__(self): return (Reduced, self.args)
class OwnList(list): pass
class OwnDict(dict): pass
class OwnText(str): pass
class OwnInt(int): pass
class OwnArray(np.ndarray): pass
class Colour(enum.Enum): RED = 1; BLUE = "b"
class Level(enum.IntEnum): LOW = 1
Point = collections.namedtuple("Point", "x y")
@dataclasses.dataclass
class Record:
    name: str
    items: list
DTYPES = ["?", "i1", "u1", "<i2", ">i2", "u4", "i8", ">u8", "f2", "<f4", ">f8", "g", "c8", "c16", "S5", "U3", ">U2", "V3",
    "M8[ns]", ">M8[D]", "m8[25s]", "M8", [("a", "i4"), ("b", "f8")], [("n", "U2"), ("in", [("x", "u1")]), ("g", "i2", (2, 3))]]
TEXTS = ["", "a", "key", "x" * 300, "\\u00e9", "\\U0001f600", "\\ud800"]
NAMED = [len, math.sin, os.path.join, json.dumps, dict, np.ndarray, np.sum, np.float64, operator.add, functools.reduce,
    np.random.RandomState, collections.OrderedDict, Plain, "a".upper, Plain(a=1).method, [1].append, Colour, np.add, np.concatenate]
BOUND = [(5).bit_length, (0.5).hex, np.zeros(2).sum, b"a".hex, {}.get, Plain(b=[]).method, {1}.add, 1j.conjugate]
def array_of(rng, size=None):
    dtype = np.dtype(rng.choice(DTYPES))
    shape = rng.choice([(), (0,), (1,), (5,), (2, 3), (3, 1), (0, 3), (2, 3, 4)])
    a = np.zeros(shape, dtype)
    raw = bytes(rng.randrange(1, 100) for _ in range(a.nbytes))
    if dtype.kind in "iufc": a = np.frombuffer(bytearray(raw), dtype).reshape(shape) if a.size else a
    if dtype.kind == "U": a[...] = "ab"
    layout = rng.randrange(6)
    if layout == 1: a = np.asfortranarray(a) if a.ndim else a
    if layout == 2 and a.ndim: a = a[::-1]
    if layout == 3 and a.ndim: a = a[::2]
    if layout == 4: a = a.T
    if layout == 5 and a.ndim: a = a[None]
    return a
def objects(rng, depth):
    a = np.empty(rng.choice([(0,), (3,), (2, 2)]), object)
    for i in np.ndindex(a.shape): a[i] = value(rng, depth - 1)
    return np.asfortranarray(a) if rng.random() < 0.3 else a
def scalar(rng):
    return rng.choice([
        lambda: rng.choice([None, True, False, Ellipsis, NotImplemented]),
        lambda: rng.choice([0, 1, -1, 255, 256, 65535, 65536, -2**31, 2**31, 2**53, 2**63, -2**70, 10**100]),
        lambda: rng.choice([0.0, -0.0, 1.0, 0.1, -2.5e300, math.inf, math.nan]),
        lambda: rng.choice(TEXTS), lambda: rng.choice([b"", b"ab", bytes(300), bytearray(b"xy"), bytearray()]),
        lambda: rng.choice([1j, -0.5 + 2j, range(3), range(1, 9, 2), slice(1, None), slice(None)]),
        lambda: rng.choice([decimal.Decimal("1.50"), fractions.Fraction(1, 3), uuid.UUID(int=5), pathlib.PurePosixPath("/a/b")]),
        lambda: datetime.datetime(2020, 1, rng.randrange(1, 29), 3, 4, 5, 6, rng.choice([None, datetime.timezone.utc,
            datetime.timezone(datetime.timedelta(hours=2)), datetime.timezone(datetime.timedelta(0)), datetime.timezone(datetime.timedelta(0), "Z")])),
        lambda: rng.choice([datetime.date(2020, 2, 3), datetime.time(1, 2, 3, fold=1), datetime.timedelta(-1, 5, 7)]),
        lambda: rng.choice([Colour.RED, Level.LOW, re.compile("a+", re.I), OwnText("t"), OwnInt(5), ValueError("x", 1)]),
        lambda: rng.choice(NAMED), lambda: rng.choice(BOUND),
        lambda: np.zeros(1, rng.choice(["?", "i1", ">i4", "u8", "f4", "f8", "g", "c16", "S2", "U3", "M8[s]", "m8[D]"]))[0],
        lambda: np.dtype(rng.choice(DTYPES)), lambda: array.array(rng.choice("bHid"), [1, 2]),
        lambda: array_of(rng), lambda: array_of(rng),
    ])()
def keys(rng, count):
    kind = rng.randrange(5)
    pick = [lambda: rng.choice(TEXTS[:6]) + str(rng.randrange(9)), lambda: rng.randrange(-5, 99), lambda: rng.random(),
        lambda: rng.choice([None, 1, "a", 2.5, b"b", (1, "x"), datetime.date(2020, 1, 1), np.float64(1.5), np.str_("s"), frozenset([1, 2])]),
        lambda: (rng.randrange(3), rng.choice(["a", "b"]))][kind]
    return [pick() for _ in range(count)]
def value(rng, depth, made=None):
    made = [] if made is None else made
    if depth == 0 or rng.random() < 0.3: return scalar(rng)
    if made and rng.random() < 0.12: return rng.choice(made)
    items = lambda: [value(rng, depth - 1, made) for _ in range(rng.randrange(4))]
    entries = lambda: [(k, value(rng, depth - 1, made)) for k in keys(rng, rng.randrange(4))]
    named = lambda: {k: value(rng, depth - 1, made) for k in rng.sample(["a", "b", "c", "_d"], rng.randrange(3))}
    result = rng.choice([
        items, lambda: tuple(items()), lambda: dict(entries()), lambda: dict(entries()), lambda: set(keys(rng, rng.randrange(5))),
        lambda: frozenset(rng.sample(range(-5, 500), rng.randrange(9))), lambda: collections.OrderedDict(entries()),
        lambda: collections.defaultdict(rng.choice([list, int, None]), entries()), lambda: collections.Counter(keys(rng, 3)),
        lambda: collections.deque(items(), rng.choice([None, 9])), lambda: Plain(**named()), lambda: Slots(items(), 1),
        lambda: State(**named()), lambda: Reduced(*items()), lambda: OwnList(items()), lambda: OwnDict(entries()),
        lambda: Point(value(rng, depth - 1, made), 2), lambda: Record("r", items()), lambda: functools.partial(len, *items(), **named()),
        lambda: objects(rng, depth), lambda: np.asarray([[1, 2]], "u1").view(np.matrix), lambda: np.ma.array([1, 2], dtype="u1"),
        lambda: np.zeros(2, [("a", "i4")]).view(np.recarray), lambda: np.zeros(2).view(OwnArray),
    ])()
    made.append(result)
    return result
def make(seed):
    return value(random.Random(seed), 4)
def hashed(seed):
    try:
        given = make(seed)
        if seed % 2:
            out = io.BytesIO()
            joblib.dump(given, out)
            raw = out.getvalue()
            given = joblib.load(io.BytesIO(raw))
        else:
            raw = pickle.dumps(given, seed // 2 % 6)
            given = pickle.loads(raw)
    except Exception: return None
    try: digests = [joblib.hash(given, name) for name in ("md5", "sha1")]
    except Exception as error: digests = [type(error).__name__ + str(error)[:80]]
    return [b64(raw), *digests]
`;
