import type { Command } from "commander";
import { addCommonOptions, type CommonOptions, collect, wholeNumber } from "./common-options.ts";
import type { Change } from "./rescore/comparison.ts";
import { printable, type Terminal } from "./terminal.ts";

interface RescoreCommandOptions extends CommonOptions {
  reward: string;
  insteadOf?: string;
  set?: string[];
  examples: number;
}

export function addRescoreCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("rescore")
    .description("Score the stored rollouts of a run with another reward and show what would change.")
    .argument("<run>", "run folder")
    .requiredOption("--reward <name>", "one of the run's rewards, any other reward, or a reward file")
    .option("--instead-of <name>", "reward of the run that it stands in for (default: the one of its name)")
    .option(
      "--set <key=value>",
      "weight, timeLimit, export or a parameter of the reward; may be given several times",
      collect,
    )
    .option("--examples <n>", "changed completions to show", wholeNumber(0), 5);
  addCommonOptions(command).action((run: string, options: RescoreCommandOptions) =>
    runRescore(run, options, terminal),
  );
}

const progressMilliseconds = 5000;

async function runRescore(run: string, options: RescoreCommandOptions, terminal: Terminal): Promise<void> {
  const { rescoreRun } = await import("./rescore/rescore-run.ts");
  const { rescoreReport } = await import("./rescore/report.ts");
  const { writeJson } = await import("./terminal.ts");
  const { reward, insteadOf, set, json } = options;
  const examples: Change[] = [];
  let told = performance.now();
  const comparison = await rescoreRun(run, {
    reward,
    insteadOf,
    set,
    warn: (message) => void terminal.errors.write(`warning: ${message}\n`),
    onChange: (change) => {
      if (change.kind === "same" || change.kind === "still-unscored") {
        return;
      }
      if (json) {
        writeJson(terminal.output, { type: "change", ...change });
      } else if (examples.length < options.examples) {
        examples.push(change);
      }
    },
    onProgress: (done, total) => {
      if (!json && done < total && performance.now() - told > progressMilliseconds) {
        told = performance.now();
        terminal.errors.write(`${done} of ${total} steps\n`);
      }
    },
  });
  if (json) {
    writeJson(terminal.output, { type: "summary", reward, ...comparison });
  } else {
    terminal.output.write(printable(terminal.output, rescoreReport(reward, comparison, examples)));
  }
}
