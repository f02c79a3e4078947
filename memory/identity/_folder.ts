/**
 * The folder of a function's results: names as parts of a key. The store makes long parts fit.
 */

/** The folder of all versions of a function: `js-<project>/<module>/<name>`. */
export function functionFolder(project: string, module: string, name: string): string {
  const parts = module.split(/[/\\]/).filter((part) => part !== "");
  return [`js-${projectPart(project)}`, ...parts.map(safePart), safePart(name)].join("/");
}

/** The name of a project as a part of a folder: `@scope/name` is `@scope+name`. */
export function projectPart(project: string): string {
  return safePart(project.replaceAll("/", "+"));
}

/** A name as one part of a key. */
function safePart(text: string): string {
  // deno-lint-ignore no-control-regex
  const safe = text.toWellFormed().replace(/[\0-\x1f\x7f/\\%]/g, percent);
  return /^\.{0,2}$/.test(safe) ? `%${safe}` : safe;
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
