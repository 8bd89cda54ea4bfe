import { ConfigError } from "../../errors.ts";
import { findBenchmark } from "../../eval/benchmarks/registry.ts";

/** A number for all benchmarks, and others for some. */
export interface PerBenchmark {
  all?: number;
  of: Readonly<Record<string, number>>;
}

/** Parses `VALUE` or `NAME=VALUE` of an option that may be given several times. */
export function perBenchmark(
  parse: (text: string) => number,
): (text: string, previous?: PerBenchmark) => PerBenchmark {
  return (text, previous = { of: {} }) => {
    const [, name, value] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    return name === undefined || value === undefined
      ? { ...previous, all: parse(text) }
      : { ...previous, of: { ...previous.of, [name]: parse(value) } };
  };
}

/** The number for one of the benchmarks; undefined where none was given. */
export function numberFor(benchmark: string, given: PerBenchmark | undefined): number | undefined {
  return given && (given.of[benchmark] ?? given.all);
}

/** Throws ConfigError for a name that is no benchmark or is not evaluated. */
export function checkNames(
  option: string,
  given: PerBenchmark | undefined,
  benchmarks: readonly string[],
): void {
  for (const [name, value] of Object.entries(given?.of ?? {})) {
    findBenchmark(name);
    if (!benchmarks.includes(name)) {
      throw new ConfigError(
        `${option} ${name}=${value}: ${name} is not evaluated; add it to --benchmark or leave this out`,
      );
    }
  }
}
