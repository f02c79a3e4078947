/**
 * Text in Python's order, by code point. JavaScript compares UTF-16 units, which is the same except
 * where text above U+FFFF meets text from U+E000 on.
 */

/** Sort in place, by code point. */
export function sortTexts(texts: string[]): string[] {
  texts.sort();
  return mayDiffer(texts) ? texts.sort(compareTexts) : texts;
}

/** Negative, 0 or positive, as Python orders the two. */
export function compareTexts(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let i = 0;
  while (i < shorter && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === shorter) return a.length - b.length;
  // the difference may lie in the second half of a pair
  if (i > 0 && isHigh(a.charCodeAt(i - 1))) i--;
  return a.codePointAt(i)! - b.codePointAt(i)!;
}

/** Whether any text has surrogates, the only units whose order is another. */
function mayDiffer(texts: readonly string[]): boolean {
  for (let t = 0; t < texts.length; t++) {
    const text = texts[t];
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0xd800) return true;
  }
  return false;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}
