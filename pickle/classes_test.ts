/** Classes of one's own, unknown classes and dangerous names. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LarderError, UnpicklingError, UnsafeGlobalError } from "../errors.ts";
import { raw } from "../tests/raw.ts";
import { registerClass } from "./classes.ts";
import { dumps, loads } from "./pickle.ts";
import { PyGlobal, PyObject, PyTuple } from "./values.ts";

const PROTOCOLS = [0, 1, 2, 3, 4, 5];

class Point {
  x = 0;
  y = 0;
  me?: Point;
}

class Tagged {
  static pyClass = "shapes.Tagged";
  size = 1;
}

class Vault {
  static pyClass = "shapes.Vault";
  readonly #secret: string;
  constructor(secret: string) {
    this.#secret = secret;
  }
  getState(): unknown {
    return { secret: this.#secret };
  }
}

const classes = { "shapes.Point": { type: Point, load: () => new Point() } };

test("an instance of a class of `classes` goes to Python and back, in every protocol", () => {
  for (const protocol of PROTOCOLS) {
    const bytes = dumps(Object.assign(new Point(), { x: 1 }), { protocol, classes });
    const inert = loads<PyObject>(bytes);
    assert.equal(inert.className, "shapes.Point");
    assert.equal(inert.get("x"), 1);
    const back = loads<Point>(bytes, { classes });
    assert.ok(back instanceof Point);
    assert.deepEqual([back.x, back.y], [1, 0]);
  }
});

test("an instance in a cycle of its own comes back so", () => {
  const point = new Point();
  point.me = point;
  for (const protocol of PROTOCOLS) {
    const back = loads<Point>(dumps(point, { protocol, classes }), { classes });
    assert.equal(back.me, back);
  }
});

test("registerClass() registers for all calls", () => {
  class Circle {
    r = 1;
  }
  registerClass("shapes.Circle", { type: Circle, load: () => new Circle() });
  assert.ok(loads(dumps(new Circle())) instanceof Circle);
});

test("an entry of `classes` comes before a registered one", () => {
  class Square {}
  registerClass("shapes.Square", { type: Square, load: () => new Square() });
  const mine = { "shapes.Square": { load: () => ({ mine: true }) } };
  assert.deepEqual(loads(dumps(new Square()), { classes: mine }), { mine: true });
});

test("load takes args and kwargs, setState the state, dump answers all three", () => {
  class Box {
    readonly a: number;
    readonly b: unknown;
    state: unknown;
    constructor(a: number, b: unknown, state?: unknown) {
      this.a = a;
      this.b = b;
      this.state = state;
    }
  }
  const entry = {
    type: Box,
    load: (args: PyTuple, kwargs: Map<unknown, unknown>) =>
      new Box(args[0] as number, kwargs.get("b")),
    setState: (box: Box, state: unknown) => void (box.state = state),
    dump: (box: Box) => ({ args: [box.a], kwargs: { b: box.b }, state: box.state }),
  };
  const options = { classes: { "m.Box": entry } };
  const box = new Box(1, "b", [1, 2]);
  for (const protocol of PROTOCOLS) {
    const bytes = dumps(box, { ...options, protocol });
    // protocols 2 and 3 spell keyword arguments as a call of functools.partial
    if (protocol === 2 || protocol === 3) assert.ok(loads(bytes, options) instanceof PyObject);
    else assert.deepEqual(loads(bytes, options), box);
  }
});

test("items and entries of dump are a list's and a dict's", () => {
  class Both {}
  const dump = () => ({ items: [1, 2], entries: new Map([["a", 1]]) });
  const bytes = dumps(new Both(), { classes: { "m.Both": { type: Both, dump } } });
  const back = loads<PyObject>(bytes);
  assert.deepEqual([back.items, back.entries], [[1, 2], [["a", 1]]]);
});

test("static pyClass dumps own properties, or what getState answers", () => {
  const tagged = loads<PyObject>(dumps(new Tagged()));
  assert.deepEqual([tagged.className, tagged.state], ["shapes.Tagged", { size: 1 }]);
  const vault = loads<PyObject>(dumps(new Vault("s")));
  assert.deepEqual([vault.className, vault.state], ["shapes.Vault", { secret: "s" }]);
});

test("a state of slots, or of dict and slots, becomes own properties", () => {
  for (const state of ["(N}U\x01xK\x05st", "(}U\x01yK\x06s}U\x01xK\x05st", "}U\x01xK\x05s"]) {
    const back = loads<Point>(raw(`cshapes\nPoint\n)\x81${state}b.`), { classes });
    assert.equal(back.x, 5);
  }
});

test("a state named __proto__ becomes an own property of the instance", () => {
  const back = loads<Point>(raw("cshapes\nPoint\n)\x81}U\x09__proto__}sb."), { classes });
  assert.equal(Object.getPrototypeOf(back), Point.prototype);
  assert.ok(Object.hasOwn(back, "__proto__"));
});

test("a state that is no dict needs a setState, and the error says so", () => {
  assert.throws(
    () => loads(raw("cshapes\nPoint\n)\x81K\x05b."), { classes }),
    /give the class a `setState`/,
  );
});

test("a name that is no module.Name is a TypeError", () => {
  for (const name of ["Point", "", ".x", "a..b"]) {
    assert.throws(() => registerClass(name, {}), TypeError);
    assert.throws(() => loads(raw("N."), { classes: { [name]: {} } }), TypeError);
  }
  assert.throws(() => registerClass("a.b", null as never), TypeError);
});

test("an unknown class is inert and dumps back, or an error that names it", () => {
  const bytes = dumps(Object.assign(new Point(), { x: 1 }), { classes });
  assert.deepEqual(dumps(loads(bytes, { exact: true })), bytes);
  assert.throws(
    () => loads(bytes, { unknownClasses: "error" }),
    (error) =>
      error instanceof UnpicklingError && error.className === "shapes.Point" &&
      /registerClass or the option `classes`/.test(error.message),
  );
});

test('unknownClasses: "error" leaves known classes alone', () => {
  const options = { classes, unknownClasses: "error" } as const;
  assert.ok(loads(dumps(new Point(), { classes }), options) instanceof Point);
});

const DANGEROUS = [
  ..."os.system posix.system nt.system os.popen subprocess.Popen builtins.eval builtins.exec".split(
    " ",
  ),
  ..."__builtin__.eval builtins.__import__ pty.spawn runpy.run_path shutil.rmtree os.execv".split(
    " ",
  ),
  ..."importlib.import_module pickle.loads socket.socket ctypes.CDLL webbrowser.open".split(" "),
  ..."logging.os.system builtins.open io.open".split(" "),
];

for (const name of DANGEROUS) {
  test(`${name} is refused, or inert where it is asked for`, () => {
    const dot = name.indexOf(".");
    const [module, rest] = [name.slice(0, dot), name.slice(dot + 1)];
    const forms = [
      `c${module}\n${rest}\n(U\x01xtR.`,
      `\x80\x04U${String.fromCharCode(module.length)}${module}U${
        String.fromCharCode(rest.length)
      }${rest}\x93U\x01x\x85R.`,
      `(U\x01xi${module}\n${rest}\n.`,
    ];
    for (const form of forms) {
      assert.throws(
        () => loads(raw(form)),
        (error) =>
          error instanceof UnsafeGlobalError && error instanceof LarderError &&
          error.className !== undefined && /`dangerous: "inert"`/.test(error.message),
      );
      assert.ok(loads(raw(form), { dangerous: "inert" }) instanceof PyObject);
    }
  });
}

test("a dotted name is looked up whole and never traversed", () => {
  const options = { classes: { "m.Outer": { load: () => ({ Inner: 1 }) } } };
  assert.deepEqual(
    loads(raw("\x80\x04U\x01mU\x0bOuter.Inner\x93."), options),
    new PyGlobal("m", "Outer.Inner"),
  );
});

test("names of Object.prototype are no registered classes", () => {
  for (const name of ["constructor", "__proto__", "toString"]) {
    const value = loads<PyObject>(raw(`cm\n${name}\n)R.`), { classes: {} });
    assert.ok(value instanceof PyObject);
    assert.equal(value.className, `m.${name}`);
  }
});
