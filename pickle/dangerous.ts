/**
 * Globals that have no business in a data file: to call them is to run a command, evaluate text, load
 * code or reach the network. Larder calls nothing, so this list protects no one from execution; it
 * tells the reader that the file means harm.
 */

const MODULES: ReadonlySet<string> = new Set([
  "subprocess",
  "pty",
  "runpy",
  "webbrowser",
  "ctypes",
  "socket",
  "asyncio.subprocess",
  "multiprocessing.util",
  "codeop",
  "pdb",
  "bdb",
  "timeit",
  "cProfile",
  "pydoc",
  "shutil",
  "importlib",
  "urllib.request",
  "http.client",
  "ftplib",
  "smtplib",
  "telnetlib",
  "popen2",
]);

const OS_NAMES: ReadonlySet<string> = new Set([
  "system",
  "popen",
  "popen2",
  "popen3",
  "popen4",
  "startfile",
  "fork",
  "forkpty",
  "kill",
  "killpg",
  "remove",
  "removedirs",
  "unlink",
  "rmdir",
  "rename",
  "renames",
  "replace",
  "chmod",
  "chown",
  "putenv",
  "open",
]);

const BUILTIN_NAMES: ReadonlySet<string> = new Set([
  "eval",
  "exec",
  "execfile",
  "compile",
  "open",
  "file",
  "input",
  "raw_input",
  "__import__",
  "breakpoint",
  "globals",
  "locals",
  "vars",
  "setattr",
  "delattr",
]);

const NAMES: ReadonlySet<string> = new Set([
  "pickle.loads",
  "pickle.load",
  "_pickle.loads",
  "_pickle.load",
  "marshal.loads",
  "marshal.load",
  "numpy.testing._private.utils.runstring",
  "numpy.load",
  "joblib.load",
  "joblib.numpy_pickle.load",
  "torch.load",
  "pandas.io.pickle.read_pickle",
  "pandas.read_pickle",
  "types.CodeType",
  "types.FunctionType",
  "io.open",
  "io.FileIO",
  "_io.open",
  "_io.FileIO",
  "code.InteractiveInterpreter",
  "commands.getoutput",
  "sys.exit",
  "sys.modules",
  "sys.settrace",
]);

/** Whether a global (in Python 3's spelling) is known to be dangerous. */
export function isDangerous(module: string, name: string): boolean {
  const first = name.split(".", 1)[0];
  if (MODULES.has(module) || module.startsWith("importlib.") || module.startsWith("ctypes.")) {
    return true;
  }
  if (module === "os" || module === "posix" || module === "nt") {
    return OS_NAMES.has(first) || first.startsWith("exec") || first.startsWith("spawn") ||
      first.startsWith("posix_spawn");
  }
  if (module === "builtins" || module === "__builtin__" || module === "__builtins__") {
    return BUILTIN_NAMES.has(first);
  }
  if (NAMES.has(`${module}.${name}`)) return true;
  // a name that walks from an innocent module to a dangerous one, as `logging.os.system`
  const steps = name.split(".");
  return steps.length > 1 &&
    steps.some((step) => MODULES.has(step) || step === "os" || step === "posix");
}
