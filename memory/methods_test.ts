/** Decorated methods. Decorators are called by hand too: no runtime but Deno and Bun knows their syntax. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { IDENTITY, withMemory } from "./memory_suite.ts";
import type { MemorizedFunc } from "./mod.ts";

/** What a decorator of a method is told. */
function context(name: string, isStatic = false): ClassMethodDecoratorContext {
  return { kind: "method", name, static: isStatic } as ClassMethodDecoratorContext;
}

// deno-lint-ignore no-explicit-any -- decorators replace methods of whatever class
type AnyClass = any;

function decorate(owner: AnyClass, name: string, decorator: AnyClass, isStatic = false): void {
  Object.defineProperty(owner, name, {
    value: decorator(owner[name], context(name, isStatic)),
    configurable: true,
    writable: true,
  });
}

test("a decorated method is keyed on the state of its object", async () => {
  await withMemory({}, async ({ memory }) => {
    let runs = 0;
    class Foo {
      k = 2;
      m(x: number): number {
        runs++;
        return x * this.k;
      }
    }
    decorate(Foo.prototype, "m", memory.cache({ ...IDENTITY }));
    const foo = new Foo();
    assert.deepEqual([await foo.m(3), await foo.m(3), await new Foo().m(3)], [6, 6, 6]);
    assert.equal(runs, 1);
    foo.k = 5;
    assert.deepEqual([await foo.m(3), await new Foo().m(3), runs], [15, 6, 2]);
  });
});

test('a decorated method that ignores "this" keeps its stale value', async () => {
  await withMemory({}, async ({ memory }) => {
    class Foo {
      k = 2;
      m(x: number): number {
        return x * this.k;
      }
    }
    decorate(Foo.prototype, "m", memory.cache({ ...IDENTITY, ignore: ["this"] }));
    const foo = new Foo();
    assert.equal(await foo.m(3), 6);
    foo.k = 5;
    assert.equal(await foo.m(3), 6);
  });
});

test("methods of one name in two classes do not meet, nor do those that override", async () => {
  await withMemory({}, async ({ memory }) => {
    class A {
      m(): string {
        return "A";
      }
    }
    class B {
      m(): string {
        return "B";
      }
    }
    class C extends A {
      override m(): string {
        return "C";
      }
    }
    const options = { module: "tests", version: 2 };
    for (const type of [A, B, C]) decorate(type.prototype, "m", memory.cache(options));
    const all = async () => [await new A().m(), await new B().m(), await new C().m()];
    assert.deepEqual(await all(), ["A", "B", "C"]);
    assert.deepEqual(await all(), ["A", "B", "C"]);
  });
});

test("static methods, methods without options, and synchronous ones are decorated", async () => {
  await withMemory({}, async ({ memory }) => {
    let runs = 0;
    class Foo {
      static twice(x: number): number {
        runs++;
        return 2 * x;
      }
      half(x: number): number {
        runs++;
        return x / 2;
      }
    }
    decorate(Foo, "twice", memory.cache({ module: "tests", version: 3 }), true);
    assert.deepEqual([await Foo.twice(2), await Foo.twice(2), runs], [4, 4, 1]);
    decorate(Foo.prototype, "half", memory.cacheSync({ module: "tests", version: 3 }));
    const foo = new Foo();
    assert.deepEqual([foo.half(8), foo.half(8), runs], [4, 4, 2]);
  });
});

test("bind() gives the methods of a decorated method an object", async () => {
  await withMemory({}, async ({ memory }) => {
    class Foo {
      k = 2;
      m(x: number): number {
        return x * this.k;
      }
    }
    decorate(Foo.prototype, "m", memory.cache({ module: "tests", version: 4 }));
    const foo = new Foo();
    const bound = (foo.m as unknown as MemorizedFunc<[number], number>).bind(foo);
    assert.equal(await bound.checkCallInCache(3), false);
    assert.equal(await bound(3), 6);
    assert.equal(await bound.checkCallInCache(3), true);
    foo.k = 3;
    assert.equal(await bound.checkCallInCache(3), false);
  });
});

test("a decorator refuses what is no method", async () => {
  await withMemory({}, ({ memory }) => {
    const getter = { kind: "getter", name: "x" } as never;
    assert.throws(() => memory.cache({})(() => 1, getter), /Cannot decorate a getter/);
  });
});
