/**
 * The header of a `.npy` file in the very words in which numpy writes it for a plain dtype: most are so, and
 * one look tells what is in them. All others are read as the Python literals that they are.
 */

/** What a header says. */
export interface PlainHeader {
  /** The dtype's type string. */
  readonly descr: string;
  /** Whether the data lies in Fortran order. */
  readonly fortranOrder: boolean;
  /** Lengths of the axes. */
  readonly shape: number[];
}

const LENGTH = "(?:0|[1-9][0-9]{0,14})";
const PLAIN = new RegExp(
  `^\\{'descr': '([\\w<>|=[\\]]+)', 'fortran_order': (True|False), ` +
    `'shape': \\((|${LENGTH},|${LENGTH}(?:, ${LENGTH})+)\\), \\} *\\n$`,
);

/** The parts of a header that is written so, else undefined. */
export function plainHeader(text: string): PlainHeader | undefined {
  const match = PLAIN.exec(text);
  if (match === null) return undefined;
  const [, descr, order, lengths] = match;
  const shape: number[] = [];
  for (let at = 0; at < lengths.length;) {
    const comma = lengths.indexOf(",", at);
    const end = comma < 0 ? lengths.length : comma;
    shape.push(Number(lengths.slice(at, end)));
    at = end + (lengths[end + 1] === " " ? 2 : 1);
  }
  return { descr, fortranOrder: order === "True", shape };
}
