#!/usr/bin/env node
import { endsOnInterruption } from "./interruption.ts";
import { runProgram } from "./program.ts";

let outputFailed = false;
process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  if (outputFailed) {
    return;
  }
  outputFailed = true;
  if (endsOnInterruption()) {
    process.stderr.write(`warning: standard output takes no more (${message}); the run goes on without it\n`);
    return;
  }
  // A reader that has seen enough (`gpgrad sample ... | head`) is no failure.
  if (code !== "EPIPE") {
    process.stderr.write(`error: cannot write to standard output: ${message}\n`);
  }
  process.exit(code === "EPIPE" ? 0 : 1);
});

process.exitCode = await runProgram(process.argv.slice(2), {
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
});
