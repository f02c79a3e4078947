/**
 * Names that moved between Python 2 and Python 3: applied when a pickle of protocol 2 or less is read
 * or written with `fixImports`. The pairs are those of Python's `_compat_pickle`; a row is always
 * (Python 2, Python 3). Not every move has a way back.
 */

/** Modules that are mapped in both directions. */
const MODULES: readonly (readonly [string, string])[] = [
  ["__builtin__", "builtins"],
  ["copy_reg", "copyreg"],
  ["Queue", "queue"],
  ["SocketServer", "socketserver"],
  ["ConfigParser", "configparser"],
  ["repr", "reprlib"],
  ["tkFileDialog", "tkinter.filedialog"],
  ["tkSimpleDialog", "tkinter.simpledialog"],
  ["tkColorChooser", "tkinter.colorchooser"],
  ["tkCommonDialog", "tkinter.commondialog"],
  ["Dialog", "tkinter.dialog"],
  ["Tkdnd", "tkinter.dnd"],
  ["tkFont", "tkinter.font"],
  ["tkMessageBox", "tkinter.messagebox"],
  ["ScrolledText", "tkinter.scrolledtext"],
  ["Tkconstants", "tkinter.constants"],
  ["Tix", "tkinter.tix"],
  ["ttk", "tkinter.ttk"],
  ["Tkinter", "tkinter"],
  ["markupbase", "_markupbase"],
  ["_winreg", "winreg"],
  ["thread", "_thread"],
  ["dummy_thread", "_dummy_thread"],
  ["dbhash", "dbm.bsd"],
  ["dumbdbm", "dbm.dumb"],
  ["dbm", "dbm.ndbm"],
  ["gdbm", "dbm.gnu"],
  ["xmlrpclib", "xmlrpc.client"],
  ["SimpleXMLRPCServer", "xmlrpc.server"],
  ["httplib", "http.client"],
  ["htmlentitydefs", "html.entities"],
  ["HTMLParser", "html.parser"],
  ["Cookie", "http.cookies"],
  ["cookielib", "http.cookiejar"],
  ["BaseHTTPServer", "http.server"],
  ["test.test_support", "test.support"],
  ["commands", "subprocess"],
  ["urlparse", "urllib.parse"],
  ["robotparser", "urllib.robotparser"],
  ["urllib2", "urllib.request"],
  ["anydbm", "dbm"],
  ["_abcoll", "collections.abc"],
];

/** Modules that are mapped on reading only. */
const MODULES_TO_3: readonly (readonly [string, string])[] = [
  ["cPickle", "pickle"],
  ["_elementtree", "xml.etree.ElementTree"],
  ["FileDialog", "tkinter.filedialog"],
  ["SimpleDialog", "tkinter.simpledialog"],
  ["DocXMLRPCServer", "xmlrpc.server"],
  ["SimpleHTTPServer", "http.server"],
  ["CGIHTTPServer", "http.server"],
  ["UserDict", "collections"],
  ["UserList", "collections"],
  ["UserString", "collections"],
  ["whichdb", "dbm"],
  ["StringIO", "io"],
  ["cStringIO", "io"],
];

/** Modules that are mapped on writing only. */
const MODULES_TO_2: readonly (readonly [string, string])[] = [
  ["bz2", "_bz2"],
  ["dbm", "_dbm"],
  ["functools", "_functools"],
  ["gdbm", "_gdbm"],
  ["pickle", "_pickle"],
];

/** Module and name, both directions. */
const NAMES: readonly (readonly [string, string, string, string])[] = [
  ["__builtin__", "xrange", "builtins", "range"],
  ["__builtin__", "reduce", "functools", "reduce"],
  ["__builtin__", "intern", "sys", "intern"],
  ["__builtin__", "unichr", "builtins", "chr"],
  ["__builtin__", "unicode", "builtins", "str"],
  ["__builtin__", "long", "builtins", "int"],
  ["itertools", "izip", "builtins", "zip"],
  ["itertools", "imap", "builtins", "map"],
  ["itertools", "ifilter", "builtins", "filter"],
  ["itertools", "ifilterfalse", "itertools", "filterfalse"],
  ["itertools", "izip_longest", "itertools", "zip_longest"],
  ["UserDict", "IterableUserDict", "collections", "UserDict"],
  ["UserList", "UserList", "collections", "UserList"],
  ["UserString", "UserString", "collections", "UserString"],
  ["whichdb", "whichdb", "dbm", "whichdb"],
  ["_socket", "fromfd", "socket", "fromfd"],
  ["_multiprocessing", "Connection", "multiprocessing.connection", "Connection"],
  ["multiprocessing.process", "Process", "multiprocessing.context", "Process"],
  ["multiprocessing.forking", "Popen", "multiprocessing.popen_fork", "Popen"],
  ["urllib", "ContentTooShortError", "urllib.error", "ContentTooShortError"],
  ["urllib", "getproxies", "urllib.request", "getproxies"],
  ["urllib", "pathname2url", "urllib.request", "pathname2url"],
  ["urllib", "quote_plus", "urllib.parse", "quote_plus"],
  ["urllib", "quote", "urllib.parse", "quote"],
  ["urllib", "unquote_plus", "urllib.parse", "unquote_plus"],
  ["urllib", "unquote", "urllib.parse", "unquote"],
  ["urllib", "url2pathname", "urllib.request", "url2pathname"],
  ["urllib", "urlcleanup", "urllib.request", "urlcleanup"],
  ["urllib", "urlencode", "urllib.parse", "urlencode"],
  ["urllib", "urlopen", "urllib.request", "urlopen"],
  ["urllib", "urlretrieve", "urllib.request", "urlretrieve"],
  ["urllib2", "HTTPError", "urllib.error", "HTTPError"],
  ["urllib2", "URLError", "urllib.error", "URLError"],
  ["multiprocessing", "AuthenticationError", "multiprocessing.context", "AuthenticationError"],
  ["multiprocessing", "BufferTooShort", "multiprocessing.context", "BufferTooShort"],
  ["multiprocessing", "ProcessError", "multiprocessing.context", "ProcessError"],
  ["multiprocessing", "TimeoutError", "multiprocessing.context", "TimeoutError"],
];

/** Module and name, on reading only. */
const NAMES_TO_3: readonly (readonly [string, string, string, string])[] = [
  ["__builtin__", "basestring", "builtins", "str"],
  ["exceptions", "StandardError", "builtins", "Exception"],
  ["UserDict", "UserDict", "collections", "UserDict"],
  ["socket", "_socketobject", "socket", "SocketType"],
];

/** Module and name, on writing only. */
const NAMES_TO_2: readonly (readonly [string, string, string, string])[] = [
  ["__builtin__", "reduce", "_functools", "reduce"],
  ["FileDialog", "FileDialog", "tkinter.filedialog", "FileDialog"],
  ["FileDialog", "LoadFileDialog", "tkinter.filedialog", "LoadFileDialog"],
  ["FileDialog", "SaveFileDialog", "tkinter.filedialog", "SaveFileDialog"],
  ["SimpleDialog", "SimpleDialog", "tkinter.simpledialog", "SimpleDialog"],
  ["DocXMLRPCServer", "ServerHTMLDoc", "xmlrpc.server", "ServerHTMLDoc"],
  ["DocXMLRPCServer", "XMLRPCDocGenerator", "xmlrpc.server", "XMLRPCDocGenerator"],
  ["DocXMLRPCServer", "DocXMLRPCRequestHandler", "xmlrpc.server", "DocXMLRPCRequestHandler"],
  ["DocXMLRPCServer", "DocXMLRPCServer", "xmlrpc.server", "DocXMLRPCServer"],
  ["DocXMLRPCServer", "DocCGIXMLRPCRequestHandler", "xmlrpc.server", "DocCGIXMLRPCRequestHandler"],
  ["SimpleHTTPServer", "SimpleHTTPRequestHandler", "http.server", "SimpleHTTPRequestHandler"],
  ["CGIHTTPServer", "CGIHTTPRequestHandler", "http.server", "CGIHTTPRequestHandler"],
  ["socket", "_socketobject", "_socket", "socket"],
  ["exceptions", "OSError", "builtins", "BrokenPipeError"],
  ["exceptions", "OSError", "builtins", "ChildProcessError"],
  ["exceptions", "OSError", "builtins", "ConnectionAbortedError"],
  ["exceptions", "OSError", "builtins", "ConnectionError"],
  ["exceptions", "OSError", "builtins", "ConnectionRefusedError"],
  ["exceptions", "OSError", "builtins", "ConnectionResetError"],
  ["exceptions", "OSError", "builtins", "FileExistsError"],
  ["exceptions", "OSError", "builtins", "FileNotFoundError"],
  ["exceptions", "OSError", "builtins", "InterruptedError"],
  ["exceptions", "OSError", "builtins", "IsADirectoryError"],
  ["exceptions", "OSError", "builtins", "NotADirectoryError"],
  ["exceptions", "OSError", "builtins", "PermissionError"],
  ["exceptions", "OSError", "builtins", "ProcessLookupError"],
  ["exceptions", "OSError", "builtins", "TimeoutError"],
  ["exceptions", "ImportError", "builtins", "ModuleNotFoundError"],
];

/** Exceptions that lived in Python 2's module `exceptions`. */
const EXCEPTIONS: readonly string[] = [
  "ArithmeticError",
  "AssertionError",
  "AttributeError",
  "BaseException",
  "BufferError",
  "BytesWarning",
  "DeprecationWarning",
  "EOFError",
  "EnvironmentError",
  "Exception",
  "FloatingPointError",
  "FutureWarning",
  "GeneratorExit",
  "IOError",
  "ImportError",
  "ImportWarning",
  "IndentationError",
  "IndexError",
  "KeyError",
  "KeyboardInterrupt",
  "LookupError",
  "MemoryError",
  "NameError",
  "NotImplementedError",
  "OSError",
  "OverflowError",
  "PendingDeprecationWarning",
  "ReferenceError",
  "RuntimeError",
  "RuntimeWarning",
  "StopIteration",
  "SyntaxError",
  "SyntaxWarning",
  "SystemError",
  "SystemExit",
  "TabError",
  "TypeError",
  "UnboundLocalError",
  "UnicodeDecodeError",
  "UnicodeEncodeError",
  "UnicodeError",
  "UnicodeTranslateError",
  "UnicodeWarning",
  "UserWarning",
  "ValueError",
  "Warning",
  "ZeroDivisionError",
];

const EXCEPTION_NAMES = EXCEPTIONS.map((name) => ["exceptions", name, "builtins", name] as const);
const TO_3_MODULES: ReadonlyMap<string, string> = new Map([...MODULES, ...MODULES_TO_3]);
const TO_2_MODULES: ReadonlyMap<string, string> = new Map(
  [...MODULES, ...MODULES_TO_2].map(([two, three]) => [three, two]),
);
const TO_3_NAMES: ReadonlyMap<string, readonly [string, string]> = new Map(
  [...NAMES, ...NAMES_TO_3, ...EXCEPTION_NAMES].map((
    [m2, n2, m3, n3],
  ) => [`${m2}\n${n2}`, [m3, n3]]),
);
const TO_2_NAMES: ReadonlyMap<string, readonly [string, string]> = new Map(
  [...NAMES, ...NAMES_TO_2, ...EXCEPTION_NAMES].map((
    [m2, n2, m3, n3],
  ) => [`${m3}\n${n3}`, [m2, n2]]),
);

/** The Python 3 spelling of a global named by a pickle of protocol 2 or less. */
export function toPython3(module: string, name: string): readonly [string, string] {
  return TO_3_NAMES.get(`${module}\n${name}`) ?? [TO_3_MODULES.get(module) ?? module, name];
}

/** The Python 2 spelling that Python 3's pickler writes in protocol 2 or less. */
export function toPython2(module: string, name: string): readonly [string, string] {
  return TO_2_NAMES.get(`${module}\n${name}`) ?? [TO_2_MODULES.get(module) ?? module, name];
}
