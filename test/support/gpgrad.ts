import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** What lies in a run folder that no process uses, in the order of names. */
export const runFolderEntries = ["checkpoints", "journal.jsonl", "recipe.yaml", "rollouts", "tensorboard"];

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
  errors: string;
}

/** The built command line as its own process. */
export interface Running {
  process: ChildProcess;
  finished: Promise<Finished>;
  /** Resolves once stdout holds the text. */
  seen(text: string): Promise<void>;
}

export function startGpgrad(...args: string[]): Running {
  if (!existsSync(program)) {
    throw new Error(`${program} is missing; run npm run build first`);
  }
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const text = { output: "", errors: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text.output += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text.errors += chunk;
  });
  const finished = new Promise<Finished>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, ...text }));
  });
  const seen = (wanted: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => text.output.includes(wanted) && resolve();
      child.stdout.on("data", look);
      child.on("close", () => reject(new Error(`ended without ${wanted}: ${text.errors}`)));
      look();
    });
  return { process: child, finished, seen };
}

export function gpgrad(...args: string[]): Promise<Finished> {
  return startGpgrad(...args).finished;
}

/** The lines of `--json` output; anything else there is an error. */
export function jsonLines(output: string): Record<string, unknown>[] {
  return output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
