import { Command, CommanderError } from "commander";
import { ConfigError, errorMessage, isGpgradError } from "../errors.ts";
import { packageVersion } from "../package-version.ts";
import { addCompareCommand } from "./compare-command.ts";
import { addDoctorCommand } from "./doctor-command.ts";
import { addEvalCommand } from "./eval-command.ts";
import { addGradeCommand } from "./grade-command.ts";
import { addGradientsCommand } from "./gradients-command.ts";
import { addInspectCommand } from "./inspect-command.ts";
import { addMergeCommand } from "./merge-command.ts";
import { addPushCommand } from "./push-command.ts";
import { addQuickstartCommand } from "./quickstart-command.ts";
import { addRecipeCommand } from "./recipe-command.ts";
import { addRescoreCommand } from "./rescore-command.ts";
import { addRewardCommand } from "./reward-command.ts";
import { addSampleCommand } from "./sample-command.ts";
import type { Terminal } from "./terminal.ts";
import { addTrainCommand } from "./train-command.ts";

/** As shells count the end by Ctrl-C: 128 and the number of the signal. */
const interruptedCode = 130;

/** Runs the command line and returns its exit code: 0 done, 1 failed, 2 wrong use, 130 interrupted. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = createProgram(terminal);
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? 0 : 2;
    }
    if (error instanceof DOMException && error.name === "AbortError") {
      return interruptedCode;
    }
    terminal.errors.write(`error: ${oneLine(error)}\n`);
    if (args.includes("--debug") && error instanceof Error) {
      terminal.errors.write(`${error.stack}\n`);
    }
    return error instanceof ConfigError ? 2 : 1;
  }
}

function createProgram(terminal: Terminal): Command {
  const program = new Command("gpgrad")
    .description("Train reasoning models with Group Policy Gradient (GPG).")
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.output.write(text),
      writeErr: (text) => terminal.errors.write(text),
      outputError: (text, write) => write(`${text.trim().replaceAll(/\s*\n\s*/g, " ")}\n`),
    });
  addTrainCommand(program, terminal);
  addCompareCommand(program, terminal);
  addDoctorCommand(program, terminal);
  addRecipeCommand(program, terminal);
  addEvalCommand(program, terminal);
  addSampleCommand(program, terminal);
  addRescoreCommand(program, terminal);
  addInspectCommand(program, terminal);
  addMergeCommand(program, terminal);
  addPushCommand(program, terminal);
  addRewardCommand(program, terminal);
  addGradeCommand(program, terminal);
  addGradientsCommand(program, terminal);
  addQuickstartCommand(program, terminal);
  return program;
}

function oneLine(error: unknown): string {
  const message = errorMessage(error).replaceAll(/\s*\n\s*/g, " ");
  return isGpgradError(error) ? message : `${message} (--debug shows where)`;
}
