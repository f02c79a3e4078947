/**
 * Whether a file may be read without a question to the user: Deno stops a program at the terminal and
 * asks where a permission is missing. Other runtimes have no such question.
 */

interface DenoPermissions {
  Deno?: {
    permissions?: { querySync?(wanted: { name: "read"; path: string | URL }): { state: string } };
  };
}

/** Whether reading the file or folder at `path` asks nobody. */
export function mayRead(path: string | URL): boolean {
  const permissions = (globalThis as DenoPermissions).Deno?.permissions;
  if (permissions?.querySync === undefined) return true;
  return permissions.querySync({ name: "read", path }).state === "granted";
}
