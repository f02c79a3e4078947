/**
 * What a fingerprint can't see, in words.
 */
import type { Coverage } from "./_cover.ts";
import { isLocal } from "./_graph.ts";
import type { ModulePlace } from "./_place.ts";
import type { CodeCover, IdentityWarning } from "./identify.ts";

/** Warn of what is not in the fingerprint, apart from what `deps` list. */
export function warnOfUnseen(
  title: string,
  code: CodeCover,
  coverage: Coverage,
  isListed: (name: string) => boolean,
): IdentityWarning[] {
  const warnings = coverage.closes.filter((name) => !isListed(name)).map((name) => ({
    code: "closes-over",
    message: `${title} closes over "${name}": add it to deps`,
  }));
  if (code === "graph") return warnings;
  const modules = new Map<string, string[]>();
  for (const { name, from } of coverage.imports) {
    // packages have versions of their own
    if (from === undefined || !isLocal(from.specifier) || isListed(name)) continue;
    modules.set(from.specifier, [...modules.get(from.specifier) ?? [], `"${name}"`]);
  }
  for (const [specifier, names] of modules) {
    warnings.push({
      code: "import-not-followed",
      message: `${title} uses ${names.join(", ")} of ${specifier}, whose changes are not seen: ` +
        `add to deps, or use code: "graph"`,
    });
  }
  return warnings;
}

/** Warn of a path that is another one on another machine. */
export function warnOfPath(title: string, place: ModulePlace): IdentityWarning[] {
  if (!place.isAbsolute || place.isNamed) return [];
  return [{
    code: "module-path",
    message: `${title} is cached under its whole path, since the folders above may not be read: ` +
      `give a name for the module`,
  }];
}

/** Warn of two texts of one name. */
export function warnOfName(title: string): IdentityWarning {
  return {
    code: "same-name",
    message: `Two functions are called ${title}: only their source tells them apart; give names`,
  };
}
