/** Options by their names. */

/** Refuse option names that the call does not know, naming the right one where there is one. */
export function checkOptions(options: object, known: readonly string[], call: string): void {
  if (typeof options !== "object" || options === null) {
    const given = typeof options === "string" ? JSON.stringify(options) : String(options);
    throw new TypeError(
      `Cannot use ${given} as options of ${call}: they are an object, as { ${known[0]}: … }`,
    );
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const wanted = plainName(name);
    const right = known.find((candidate) => plainName(candidate) === wanted);
    const hint = right === undefined ? `known are ${known.join(", ")}` : `use "${right}"`;
    throw new TypeError(`Unknown option "${name}" for ${call}: ${hint}`);
  }
}

function plainName(name: string): string {
  return name.replace(/[_-]/g, "").toLowerCase();
}
