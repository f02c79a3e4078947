/**
 * Counts the tests of a JUnit report. Deno, Bun and Node write three dialects of it; what they
 * share is `<testcase>` with `<failure>`, `<error>` or `<skipped>` inside.
 */

/**
 * Read a report.
 *
 * @param {string} xml
 * @returns {{ name: string, file: string, result: "passed" | "failed" | "skipped" }[]}
 */
export function readReport(xml) {
  const cases = [];
  let suite = "";
  // Text and attribute values hold no raw "<", so a tag ends at the first ">" outside of quotes.
  for (const [, close, tag, attributes] of xml.matchAll(/<(\/?)(\w+)((?:[^">]|"[^"]*")*)>/g)) {
    if (close) continue;
    if (tag === "testsuite") {
      suite = attribute(attributes, "file") ?? attribute(attributes, "name") ?? "";
    } else if (tag === "testcase") {
      const name = attribute(attributes, "name") ?? "";
      // Node has no testsuite around a flat test, and names the file by its whole path.
      cases.push({ name, file: suite || attribute(attributes, "file") || "", result: "passed" });
    } else if (tag === "failure" || tag === "error") {
      if (cases.length > 0) cases.at(-1).result = "failed";
    } else if (tag === "skipped" && cases.at(-1)?.result === "passed") {
      cases.at(-1).result = "skipped";
    }
  }
  return cases;
}

/**
 * Count a report, and name the files that gave no test.
 *
 * A module that throws while it loads is missing from Deno's and Bun's reports; Node puts a test
 * in its place that is called like the file, and does so too for a module without tests, as passed.
 *
 * @param {string} xml
 * @param {string[]} files The files that were to run, relative to the root, with `/`.
 * @returns {{ passed: number, failed: number, skipped: number, empty: string[] }}
 */
export function countReport(xml, files) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const stand = new Set();
  const seen = new Set();
  let attributed = true;
  for (const { name, file, result } of readReport(xml)) {
    if (files.includes(name)) {
      stand.add(name);
      continue;
    }
    counts[result]++;
    const path = files.find((each) => file === each || file.endsWith(`/${each}`));
    if (path !== undefined) seen.add(path);
    // A test that a shared suite made: Deno and Node tell where it was written, not who ran it.
    else attributed = false;
  }
  const empty = files.filter((file) => stand.has(file) || (attributed && !seen.has(file)));
  return { ...counts, empty };
}

function attribute(text, name) {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(text);
  return found?.[1].replace(
    /&(amp|lt|gt|quot|apos|#(\d+));/g,
    (_, entity, code) => code ? String.fromCodePoint(Number(code)) : ENTITIES[entity],
  );
}

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
