import assert from "node:assert/strict";
import { test } from "node:test";
import { hash } from "../hash/hash.ts";
import { filterArgs, parseSignature, signatureInSource } from "./signature.ts";

function call(positional: unknown[], named: Record<string, unknown> = {}) {
  return { positional, named: new Map(Object.entries(named)) };
}

test("parameters are read with their defaults", () => {
  assert.deepEqual(
    parseSignature("x, /, y=(1, 2), *rest, k: dict[str, int] = {'a': 1}, **others"),
    [
      { name: "x", kind: "plain", default: undefined },
      { name: "y", kind: "plain", default: "(1, 2)" },
      { name: "rest", kind: "*", default: undefined },
      { name: "k", kind: "named", default: "{'a': 1}" },
      { name: "others", kind: "**", default: undefined },
    ],
  );
  assert.deepEqual(parseSignature("(a, *, b)"), [
    { name: "a", kind: "plain", default: undefined },
    { name: "b", kind: "named", default: undefined },
  ]);
  assert.deepEqual(parseSignature(""), []);
  assert.equal(parseSignature("1x"), undefined);
  assert.equal(parseSignature("x y"), undefined);
});

test("parameters are found in the source that joblib stores", () => {
  const source = `# first line: 3
@memory.cache(ignore=["def f(nothing):"])
def f(
    x,  # the first, "quoted
    text="a#b, (c",
    *,
    flag: bool = True,
) -> int:
    def g(z): pass
`;
  assert.deepEqual(signatureInSource(source, "f"), [
    { name: "x", kind: "plain", default: undefined },
    { name: "text", kind: "plain", default: '"a#b, (c"' },
    { name: "flag", kind: "named", default: "True" },
  ]);
  assert.equal(signatureInSource(source, "h"), undefined);
  assert.equal(signatureInSource("def f(x, y", "f"), undefined);
});

test("arguments get names as in joblib's filter_args", () => {
  const parameters = parseSignature("x, y=2, *args, **kw")!;
  const none = new Set<string>();
  const args = filterArgs(parameters, call([1]), none);
  // joblib.hash of {'x': 1, 'y': 2, '*': [], '**': {}}, the id of f(1)
  assert.equal(hash(args), "256da10f6452c1df9d296b37bcf13ac9");
  assert.deepEqual(
    filterArgs(parameters, call([1, 3, 4, 5], { k: 6 }), none),
    new Map<string, unknown>([["x", 1], ["y", 3], ["*", [4, 5]], ["**", new Map([["k", 6]])]]),
  );
  assert.deepEqual(
    filterArgs(parseSignature("x, debug=f()")!, call([1]), new Set(["debug"])),
    new Map([["x", 1]]),
  );
});

test("a call that does not fit tells why", () => {
  const fits = (list: string, positional: unknown[], named = {}) =>
    filterArgs(parseSignature(list)!, call(positional, named), new Set());
  assert.equal(fits("x", []), "x is missing");
  assert.equal(fits("x", [1, 2]), "there are more arguments than parameters");
  assert.equal(fits("x", [1], { y: 1 }), "there is no parameter y");
  assert.equal(fits("x", [1], { x: 1 }), "x is given twice");
  assert.equal(fits("x=g()", []), "the default x=g() is no literal: give x");
});
