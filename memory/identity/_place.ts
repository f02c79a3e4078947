/**
 * The module of a function: what is shown, where its source is, and where the call stands in it.
 */
import type { Position } from "./_find.ts";
import { firstPlace, localPath, type Place } from "./_frames.ts";
import { type Project, projectOf } from "./_project.ts";

/** Where a function belongs. */
export interface ModulePlace {
  /** As it is shown. */
  readonly module: string;
  /** Name of the project. */
  readonly project: string;
  /** Its source file, where there is one. */
  readonly path: string | undefined;
  /** The call in that file. */
  readonly site: Position | undefined;
  /** Whether the caller named it. */
  readonly isNamed: boolean;
  /** The module has its path from the root of the machine on, since nobody may look for the project. */
  readonly isAbsolute: boolean;
}

/** Where the function belongs, by what the caller says and by the stack. @throws {TypeError} Nothing tells */
export function placeOf(
  name: string,
  module: string | { readonly url: string } | undefined,
  stack: string,
): ModulePlace {
  const call = firstPlace(stack);
  const url = typeof module === "object" ? module.url : module?.startsWith("file:") ? module : "";
  if (typeof module === "string" && url === "") return namedPlace(module, call);
  if (module !== undefined) {
    const path = localPath(url);
    if (path === undefined) return { ...namedPlace(remoteName(name, url), undefined), path };
    return { ...filePlace(path, path === call?.path ? call : undefined), isNamed: true };
  }
  if (call?.path !== undefined) return filePlace(call.path, call);
  throw new TypeError(
    `Cannot tell the module of "${name}": ` +
      (call === undefined
        ? "the stack does not show where it was cached"
        : `${call.text} cached it, which is no local file`) +
      "; give module: import.meta, or a name for the module",
  );
}

function namedPlace(module: string, call: Place | undefined): ModulePlace {
  if (module.replaceAll("/", "") === "") {
    throw new TypeError(`Cannot use ${JSON.stringify(module)} as the name of a module`);
  }
  const path = call?.path;
  const project = path === undefined ? "local" : projectOf(path).name;
  return { module, project, path, site: call, isNamed: true, isAbsolute: false };
}

function filePlace(path: string, site: Position | undefined): ModulePlace {
  const { root, name }: Project = projectOf(path);
  const module = path.slice(root === "" ? 0 : root.length + 1).replace(/^\/+/, "");
  return { module, project: name, path, site, isNamed: false, isAbsolute: root === "" };
}

/** A module on another machine, without what is after its path. */
function remoteName(name: string, url: string): string {
  if (/^(?:https?|jsr|npm):/.test(url)) return url.replace(/[?#].*$/, "");
  throw new TypeError(
    `Cannot tell the module of "${name}" by ${url.slice(0, 40)}: give a name for the module`,
  );
}
