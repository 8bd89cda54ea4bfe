import type { Language } from "./language.ts";

export interface Program {
  language: Language;
  source: string;
}

/** What one run ends with. Whatever a program does ends here; what the sandbox itself cannot do throws. */
export type Outcome =
  /** `output`: what it wrote to its standard output. */
  | { kind: "finished"; exitCode: number; output: string }
  /** What it wrote is not UTF-8. */
  | { kind: "unreadable" }
  | { kind: "over"; limit: "time" | "memory" | "output" };

/** Limits of one run, all of its processes together where nothing else is said. */
export interface RunLimits {
  /** Of the clock; and of the processor, a process. */
  seconds: number;
  memoryMegabytes: number;
  processes: number;
  /** Of its standard output, and again of its standard error. */
  outputBytes: number;
}

/** A place where what a model wrote can do no harm. */
export interface Sandbox {
  /** Once a language, before any run. Throws ConfigError with the way out where programs in it cannot be run. */
  prepare(language: Language, limits: RunLimits): Promise<void>;
  /**
   * The program, to be run as often as there are tests; null if it has errors that forbid every run. Throws for what is not
   * the program's doing, and the signal's reason once that is aborted.
   */
  open(program: Program, limits: RunLimits, signal: AbortSignal): Promise<OpenProgram | null>;
}

export interface OpenProgram {
  /** Throws as `open` does. Each run has a working folder of its own. */
  run(input: string): Promise<Outcome>;
  close(): Promise<void>;
}

/** What was printed, as an outcome. */
export function finished(exitCode: number, output: Uint8Array): Outcome {
  try {
    return { kind: "finished", exitCode, output: new TextDecoder("utf-8", { fatal: true }).decode(output) };
  } catch {
    return { kind: "unreadable" };
  }
}
