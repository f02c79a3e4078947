/// <reference lib="deno.unstable" />
/**
 * Lint plugin that holds Larder's layer table: folders are layers and imports only point down.
 * It also keeps `_x.ts` files private to their folder and the names of runtimes inside io/.
 * Tests, tools, benches and examples stand outside of the table and may import anything.
 */

/** Folders and root files of the library, by layer. Those of one layer do not know each other. */
const LAYERS: ReadonlyMap<string, number> = new Map([
  ["errors.ts", 0],
  ["bytes", 1],
  ["io", 2],
  ["compressors", 3],
  ["pickle", 3],
  ["numpy", 4],
  ["npy", 5],
  ["hash", 5],
  ["persistence", 6],
  ["memory", 7],
  ["inspect", 8],
  ["mod.ts", 8],
  // The two programs print what inspect/ and mod.ts find out, hence a step above them.
  ["cli", 9],
  ["web", 9],
]);

/** A program may name its runtime; io/ is the one part of the library that does. */
const MAY_NAME_RUNTIMES: ReadonlySet<string> = new Set(["io", "cli", "web"]);

const RUNTIME_NAMES: ReadonlySet<string> = new Set([
  "process",
  "Deno",
  "Bun",
  "window",
]);

/**
 * Check one import.
 *
 * @param file Path of the importing file from the root of the repository, with `/`.
 * @param specifier What it imports, as written.
 * @returns What is wrong with it, or undefined.
 */
export function importProblem(
  file: string,
  specifier: string,
): string | undefined {
  if (specifier.startsWith("jsr:")) {
    return `Cannot import "${specifier}": Larder uses npm packages and node built-ins only`;
  }
  const from = libraryUnit(file);
  if (from === undefined) return undefined;
  if (specifier.startsWith("node:")) {
    if (MAY_NAME_RUNTIMES.has(from)) return undefined;
    return `Cannot import "${specifier}" in ${from}: only io/ reaches built-ins`;
  }
  if (!specifier.startsWith(".")) return undefined;

  const target = resolvePath(file, specifier);
  const to = libraryUnit(target);
  if (to === undefined) {
    return `Cannot import "${specifier}" in ${from}: ${target} is no part of the library`;
  }
  if (isPrivate(target) && !file.startsWith(folderOf(target))) {
    return `Cannot import "${specifier}": ${target} is private to ${folderOf(target)}`;
  }
  if (to === from || LAYERS.get(to)! < LAYERS.get(from)!) return undefined;
  return `Cannot import "${specifier}": ${from} may only import layers below it, ${to} is not`;
}

/**
 * Whether a file may use `process`, `Deno`, `Bun` and `window`.
 *
 * @param file Path of the file from the root of the repository, with `/`.
 */
export function mayNameRuntimes(file: string): boolean {
  const unit = libraryUnit(file);
  return unit === undefined || MAY_NAME_RUNTIMES.has(unit);
}

/** The folder or root file of the layer table that `file` belongs to, if any. */
function libraryUnit(file: string): string | undefined {
  if (/_(test|suite)\.ts$/.test(file)) return undefined;
  const slash = file.indexOf("/");
  const unit = slash < 0 ? file : file.slice(0, slash);
  return LAYERS.has(unit) ? unit : undefined;
}

function isPrivate(file: string): boolean {
  return file.slice(file.lastIndexOf("/") + 1).startsWith("_");
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1);
}

function resolvePath(file: string, specifier: string): string {
  const parts = file.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** The part of a file's path that follows the root of the repository. */
function fromRoot(filename: string): string {
  const path = filename.replaceAll("\\", "/");
  const root = decodeURIComponent(new URL("..", import.meta.url).pathname);
  const at = path.indexOf(root.replace(/^\/(?=[A-Za-z]:)/, ""));
  return at < 0 ? path.replace(/^\/+/, "") : path.slice(at + root.length);
}

/** A use of a runtime's name, kept until it is known whether the file declares that name. */
interface NameUse {
  readonly name: string;
  readonly node: Deno.lint.Node;
}

const plugin: Deno.lint.Plugin = {
  name: "larder",
  rules: {
    layers: {
      create(context): Deno.lint.LintVisitor {
        const file = fromRoot(context.filename);
        const check = (source: Deno.lint.Node | null | undefined): void => {
          if (source?.type !== "Literal" || typeof source.value !== "string") {
            return;
          }
          const message = importProblem(file, source.value);
          if (message !== undefined) context.report({ node: source, message });
        };
        return {
          ImportDeclaration: (node): void => check(node.source),
          ExportNamedDeclaration: (node): void => check(node.source),
          ExportAllDeclaration: (node): void => check(node.source),
          ImportExpression: (node): void => check(node.source),
        };
      },
    },
    runtimes: {
      create(context): Deno.lint.LintVisitor {
        if (mayNameRuntimes(fromRoot(context.filename))) return {};
        // A variable that happens to be called `window` (every LZ decoder has one) is no runtime.
        const declared = new Set<string>();
        const uses: NameUse[] = [];
        const report = (use: NameUse): void =>
          context.report({
            node: use.node,
            message: `Cannot use ${use.name} here: only io/ names a runtime`,
          });
        return {
          Identifier(node): void {
            if (!RUNTIME_NAMES.has(node.name)) return;
            const role = roleOf(node);
            if (role === "declaration") declared.add(node.name);
            else if (role === "use") uses.push({ name: node.name, node });
          },
          MemberExpression(node): void {
            const { object, property } = node;
            if (object.type !== "Identifier" || object.name !== "globalThis") {
              return;
            }
            const name = property.type === "Identifier" && !node.computed
              ? property.name
              : property.type === "Literal"
              ? String(property.value)
              : "";
            if (RUNTIME_NAMES.has(name)) {
              report({ name: `globalThis.${name}`, node });
            }
          },
          "Program:exit"(): void {
            let last = -1;
            for (const use of uses) {
              // `{ process }` holds the name twice, as key and as value, at one place.
              if (declared.has(use.name) || use.node.range[0] === last) {
                continue;
              }
              last = use.node.range[0];
              report(use);
            }
          },
        };
      },
    },
  },
};

export default plugin;

/** What an identifier does where it stands: declare a variable, name a member, or use a name. */
function roleOf(node: Deno.lint.Identifier): "declaration" | "member" | "use" {
  const parent = node.parent as unknown as Record<string, unknown> & {
    type: string;
  };
  const is = (field: string): boolean => {
    const child = parent[field] as Deno.lint.Node | undefined;
    return child?.type === "Identifier" && child.range[0] === node.range[0];
  };
  switch (parent.type) {
    case "MemberExpression":
      return is("property") && !parent.computed ? "member" : "use";
    case "VariableDeclarator":
    case "ClassDeclaration":
      return is("id") ? "declaration" : "use";
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return is("body") ? "use" : "declaration";
    case "Property":
      if (isPattern(parent.parent)) {
        return is("value") ? "declaration" : "member";
      }
      return is("key") && !parent.computed && !parent.shorthand ? "member" : "use";
    case "AssignmentPattern":
      return is("left") ? "declaration" : "use";
    case "ArrayPattern":
    case "RestElement":
    case "CatchClause":
    case "ImportSpecifier":
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
    case "TSParameterProperty":
      return "declaration";
    case "MethodDefinition":
    case "PropertyDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
    case "TSAbstractMethodDefinition":
    case "TSAbstractPropertyDefinition":
      return is("key") && !parent.computed ? "member" : "use";
    case "TSFunctionType":
    case "TSNamedTupleMember":
    case "TSEmptyBodyFunctionExpression":
    case "TSCallSignatureDeclaration":
    case "TSConstructSignatureDeclaration":
    case "ExportSpecifier":
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
      return "member";
    case "TSQualifiedName":
      return is("left") ? "use" : "member";
    default:
      return "use";
  }
}

function isPattern(node: unknown): boolean {
  return (node as { type?: string } | undefined)?.type === "ObjectPattern";
}
