/** Choosing by name: a part of it, or a pattern with `*` and `?`. */

/**
 * Whether a name is meant by `pattern`: with `*` or `?` in it the whole name has to match, any other
 * text has to be a part of the name. Letters count in either case.
 *
 * @returns What answers that for a name.
 */
export function nameFilter(pattern: string): (name: string) => boolean {
  if (!isGlob(pattern)) {
    const part = pattern.toLowerCase();
    return (name) => name.toLowerCase().includes(part);
  }
  // `*` is any text, also across `/` and dots: names are short.
  const source = pattern.replace(/[.+^${}()|[\]\\/]/g, "\\$&")
    .replace(/\*+/g, ".*").replaceAll("?", ".");
  const expression = new RegExp(`^${source}$`, "is");
  return (name) => expression.test(name);
}

/** Whether text is a pattern and not a name. */
export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}
