/** The version of the package, so that telling it takes no file and no permission. */
export const VERSION = "0.1.0";
