/** What Deno grants: the program never asks for more than it was given, so it looks first. */

interface DenoNamespace {
  readonly noColor: boolean;
  readonly env: { get(name: string): string | undefined };
  readonly permissions: {
    querySync(
      descriptor: { name: "env"; variable: string } | { name: "write"; path: string },
    ): { state: string };
  };
}

/** Deno's own namespace, in Deno. */
export function denoNamespace(): DenoNamespace | undefined {
  return (globalThis as { Deno?: DenoNamespace }).Deno;
}

/** Whether a file may be changed without somebody being asked for it. */
export function mayWrite(path: string): boolean {
  const deno = denoNamespace();
  return deno === undefined ||
    deno.permissions.querySync({ name: "write", path }).state === "granted";
}
