import assert from "node:assert/strict";
import { test } from "node:test";
import { countReport, readReport } from "./junit.mjs";

const DENO = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="3" failures="1" errors="0" time="0.009">
  <testsuite name="./a/x_test.ts" tests="3" disabled="1" errors="0" failures="1">
    <testcase name="is &lt;fine&gt;" classname="./a/x_test.ts" time="0.001" line="2" col="1">
    </testcase>
    <testcase name="bad" classname="./a/x_test.ts" time="0.002" line="3" col="1">
      <failure message="not > equal">(file) =&gt; 1</failure>
    </testcase>
    <testcase name="skip" classname="./a/x_test.ts" time="0.000" line="4" col="1">
      <skipped/>
    </testcase>
  </testsuite>
</testsuites>`;

const BUN = `<testsuites name="bun test" tests="2" failures="0" skipped="1">
  <testsuite name="a/x_test.ts" file="a/x_test.ts" tests="2" hostname="h">
    <testcase name="one" classname="" file="a/x_test.ts" line="2" />
    <testcase name="todo" classname="" file="a/x_test.ts" line="6"><skipped message="TODO" />
    </testcase>
  </testsuite>
</testsuites>`;

const NODE = `<testsuites>
	<testcase name="a > b" time="0.1" classname="test" file="/clone/a/x_test.ts"/>
	<testcase name="y_test.ts" time="0.1" classname="test" file="/clone/y_test.ts"/>
	<testcase name="z_test.ts" classname="test" file="/clone/z_test.ts" failure="test failed">
		<failure type="testCodeFailure" message="test failed">[Error: test failed]</failure>
	</testcase>
</testsuites>`;

test("readReport() reads names, files and results", () => {
  assert.deepEqual(readReport(DENO), [
    { name: "is <fine>", file: "./a/x_test.ts", result: "passed" },
    { name: "bad", file: "./a/x_test.ts", result: "failed" },
    { name: "skip", file: "./a/x_test.ts", result: "skipped" },
  ]);
});

test("countReport() names a module that Deno's report leaves out", () => {
  assert.deepEqual(countReport(DENO, ["a/x_test.ts", "y_test.ts"]), {
    passed: 1,
    failed: 1,
    skipped: 1,
    empty: ["y_test.ts"],
  });
});

test("countReport() counts Bun's skipped tests", () => {
  assert.deepEqual(countReport(BUN, ["a/x_test.ts"]), {
    passed: 1,
    failed: 0,
    skipped: 1,
    empty: [],
  });
});

test("countReport() does not count the test that Node makes of a file", () => {
  assert.deepEqual(countReport(NODE, ["a/x_test.ts", "y_test.ts", "z_test.ts"]), {
    passed: 1,
    failed: 0,
    skipped: 0,
    empty: ["y_test.ts", "z_test.ts"],
  });
});

test("countReport() blames no file when a shared suite made tests", () => {
  const shared = DENO.replaceAll("x_test.ts", "x_suite.ts");
  assert.deepEqual(countReport(shared, ["a/x_test.ts"]).empty, []);
});
