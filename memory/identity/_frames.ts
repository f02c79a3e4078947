/**
 * Reads lines of stacks, as V8 (Deno, Node) and JavaScriptCore (Bun) spell them:
 * `at f (file:///a/b.ts:1:2)`, `at async file:///a/b.ts:1:2`, `at f (/a/b.ts:1:2)`, `at C:\a\b.ts:1:2`,
 * and in browsers other than Chromium `f@https://a/b.js:1:2`.
 */
import type { Position } from "./_find.ts";

/** Where a call stands. */
export interface Place extends Position {
  /** Absolute path with slashes, or undefined where the code is in no local file. */
  readonly path: string | undefined;
  /** The place as the runtime tells it. */
  readonly text: string;
}

/** The place of the first line of a stack, or undefined where there is none. */
export function firstPlace(stack: string): Place | undefined {
  const [line = "", below = ""] = stack.split("\n").map((text) => text.trim()).filter(isFrame);
  if (line === "") return undefined;
  const match = /^(.*?):(\d+):(\d+)$/.exec(location(line));
  if (match === null) return { path: undefined, text: line, line: 0, column: 0 };
  if (isEvaluated(line, below)) {
    return { path: undefined, text: "evaluated code", line: 0, column: 0 };
  }
  const [, text, at, column] = match;
  return { path: localPath(text), text, line: Number(at), column: Number(column) };
}

/** The path of a `file:` URL or an absolute path, with slashes; undefined for everything else. */
export function localPath(place: string): string | undefined {
  let path = place.replaceAll("\\", "/");
  if (/^file:/i.test(place)) {
    try {
      const { hostname, pathname } = new URL(place);
      if (hostname !== "" && hostname !== "localhost") return undefined;
      path = decodeURIComponent(pathname).replace(/^\/(?=[A-Za-z]:\/)/, "");
    } catch {
      return undefined;
    }
  }
  if (!/^(?:\/|[A-Za-z]:\/)/.test(path)) return undefined;
  // what Bun packs into one file
  return /^(?:\/\$bunfs\/|[A-Za-z]:\/~BUN\/)/.test(path) ? undefined : path;
}

/** Frames of built-in functions have no place: behind them is who called those. */
function isFrame(line: string): boolean {
  if (!line.startsWith("at ") && !line.includes("@")) return false;
  const isBuiltIn = /^(?:native|unknown|<anonymous>)?:?(?:\d+:\d+)?$/.test(location(line));
  return !isBuiltIn || line.startsWith("at eval ");
}

function location(line: string): string {
  if (!line.startsWith("at ")) return line.slice(line.indexOf("@") + 1);
  const place = line.slice("at ".length);
  const open = place.endsWith(")") ? place.indexOf(" (") : -1;
  return open < 0 ? place.replace(/^async /, "") : place.slice(open + 2, -1);
}

/** Evaluated code: V8 says so; JavaScriptCore gives the file of whoever called `eval` as a URL. */
function isEvaluated(line: string, below: string): boolean {
  if (line.includes("eval at ")) return true;
  return /^at eval \((?:unknown|native)/.test(below) || /^at anonymous \(file:/.test(line);
}
