import type { Command } from "commander";
import type { MathGrade, MathGradingOptions } from "../rewards/math-equal.ts";
import { addCommonOptions, type CommonOptions, wholeNumber } from "./common-options.ts";
import type { Terminal } from "./terminal.ts";

interface GradeCommandOptions extends CommonOptions {
  compat?: string;
  decimalPlaces?: number;
  strict: boolean;
}

export function addGradeCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("grade")
    .description(
      'Grade mathematical answers: {"gold": TEXT, "completion": TEXT} a line on standard input, a verdict a line on standard output.',
    )
    .option("--compat <library>", "give the verdicts of that library: math-verify")
    .option("--decimal-places <n>", "to which a decimal number must agree (default: 6)", wholeNumber(0))
    .option("--no-strict", "let variables have other names, and sets stand for tuples");
  addCommonOptions(command).action((options: GradeCommandOptions) => runGrade(options, terminal));
}

async function runGrade(options: GradeCommandOptions, terminal: Terminal): Promise<void> {
  const { gradeMath } = await import("../rewards/math-equal.ts");
  const { readInputRows } = await import("./json-lines-input.ts");
  const grading = await gradingOf(options);
  const counts: Record<MathGrade["verdict"], number> = {
    equal: 0,
    different: 0,
    "gold-unparseable": 0,
    "answer-unparseable": 0,
  };
  for await (const { line, columns } of readInputRows(terminal.input, "pairs")) {
    const grade = gradeMath(
      await textOf(columns.gold, "gold", line),
      await textOf(columns.completion, "completion", line),
      grading,
    );
    counts[grade.verdict]++;
    const id = columns.id === undefined ? {} : { id: columns.id };
    terminal.output.write(
      options.json ? `${JSON.stringify({ type: "grade", ...id, ...grade })}\n` : `${grade.verdict}\n`,
    );
  }
  const pairs = Object.values(counts).reduce((total, count) => total + count, 0);
  if (options.json) {
    terminal.output.write(`${JSON.stringify({ type: "summary", pairs, ...counts })}\n`);
  } else {
    const unread = `${counts["answer-unparseable"]} without a readable answer, ${counts["gold-unparseable"]} without a readable gold answer`;
    terminal.errors.write(
      `${pairs} pairs: ${counts.equal} equal, ${counts.different} different, ${unread}\n`,
    );
  }
}

async function gradingOf({
  compat,
  decimalPlaces,
  strict,
}: GradeCommandOptions): Promise<MathGradingOptions> {
  const { ConfigError } = await import("../errors.ts");
  if (compat !== undefined && compat !== "math-verify") {
    throw new ConfigError(`--compat ${compat}: the only library whose verdicts are given is math-verify`);
  }
  if (decimalPlaces !== undefined && decimalPlaces > 100) {
    throw new ConfigError(`--decimal-places ${decimalPlaces}: give at most 100`);
  }
  return {
    strict,
    ...(compat !== undefined && { compat: "math-verify" }),
    ...(decimalPlaces !== undefined && { decimalPlaces }),
  };
}

async function textOf(value: unknown, column: string, line: number): Promise<string> {
  if (typeof value === "string") {
    return value;
  }
  const { DataError } = await import("../errors.ts");
  const { shown } = await import("../error-text.ts");
  throw new DataError(
    `standard input line ${line}: "${column}" must be a text, found ${shown(value)}; each line needs {"gold": TEXT, "completion": TEXT}`,
  );
}
