/**
 * Signs of a file that a bundler wrote: where its parts come from nobody can tell.
 */

/** Text with fewer lines than this many characters each was written by no hand. */
const LONG_LINES = 300;
const MIN_LENGTH = 2000;

/** Whether a source looks like the work of a bundler or minifier. */
export function isBundle(text: string): boolean {
  if (/\b__webpack_(?:require|modules)__\b/.test(text)) return true;
  // esbuild, Bun and deno bundle name the files that they join
  const parts = text.match(/^\/\/ (?:[\w@.$-]+\/)*[\w@.$-]+\.[cm]?[jt]sx?$/gm);
  if (parts !== null && parts.length > 1) return true;
  if (text.length < MIN_LENGTH) return false;
  return text.length > LONG_LINES * (1 + (text.match(/\n/g)?.length ?? 0));
}
