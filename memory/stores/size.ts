/** Sizes as joblib takes them: a number of bytes, or text such as "1.5K", "10 M", "2G". */

const UNITS: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/**
 * The number of bytes that a size stands for.
 *
 * @param size Bytes, or a number with one of the units K, M and G, which are powers of 1024.
 * @throws {RangeError} It is no such size, or negative.
 */
export function sizeInBytes(size: number | string): number {
  if (typeof size === "number") {
    if (size >= 0) return size;
  } else {
    const [, number, unit] = /^\s*(\d+\.?\d*|\.\d+)\s*([KMG])$/.exec(size) ?? [];
    if (unit !== undefined) return Math.trunc(Number(number) * UNITS[unit]);
  }
  throw new RangeError(
    `Cannot use ${
      JSON.stringify(size)
    } as a size: it is a number of bytes, or like "10G", "500M", "50K"`,
  );
}
