/**
 * What the compression bench saves and bench/plot.ts draws. Times are milliseconds, sizes and peaks
 * bytes; there is nothing in it about when or where it ran but the number of cores.
 */
/** One run of the bench. */
export interface Report {
  readonly cores: number;
  /** Versions of the runtime, of Python and of what it used, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly datasets: readonly Dataset[];
}

/** One kind of data, written and read in several ways. */
export interface Dataset {
  readonly title: string;
  /** Size of the file without compression. */
  readonly rawBytes: number;
  readonly rows: readonly Row[];
}

/** One method as one library runs it. */
export interface Row {
  /** The method's name, with the level behind a dash where it is not the default. */
  readonly method: string;
  readonly by: "joblib" | "Larder";
  readonly threads: number;
  readonly size: number;
  readonly dump: Measured;
  /** Absent where one thread reads, however many wrote. */
  readonly load?: Measured;
}

/** The median time of a call, and how far it raised the resident memory of a fresh process. */
export interface Measured {
  readonly time: number;
  /** Absent where the system doesn't tell. */
  readonly peak?: number;
}
