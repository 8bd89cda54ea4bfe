import { availableParallelism } from "node:os";
import { errorMessage } from "../../errors.ts";
import { parseParameters } from "../../parse-parameters.ts";
import type { Score } from "../../pipeline.ts";
import { createGate } from "../gate.ts";
import type { GroupReward, RewardContext } from "../reward.ts";
import { unscorable, valueScore } from "../score.ts";
import { findProgram } from "./find-program.ts";
import { openSandbox } from "./open-sandbox.ts";
import { type CodeParameters, codeParameters } from "./parameters.ts";
import { type ProgramTests, programTests } from "./program-tests.ts";
import { shareOfTests } from "./run-tests.ts";
import type { RunLimits, Sandbox } from "./sandbox.ts";
import { scoreWithinTime } from "./within-time.ts";

export const codeRewardNames = ["code", "binary_code"] as const;

export type CodeRewardName = (typeof codeRewardNames)[number];

/** Seconds of all tests of one completion, from the moment it gets its turn. */
export const codeTimeLimit = 120;

export interface CodeRewardOptions {
  name: string;
  /** Seconds; see `codeTimeLimit`. */
  timeLimit: number;
  /** The one that the parameters name, if left out. */
  sandbox?: Sandbox;
}

/**
 * The share of a problem's tests that the completion's program passes, or, for `binary_code`, whether it passes all. It
 * waits for other processes and does not compute, so it runs where it is made. Throws ConfigError for a parameter that
 * cannot be used. Upstream: `code_reward`, `binary_code_reward`.
 */
export function createCodeReward(
  kind: CodeRewardName,
  given: unknown,
  options: CodeRewardOptions,
): GroupReward {
  const { name } = options;
  const parameters = parseParameters(codeParameters, given, `reward ${name}`);
  const { compat, concurrency = availableParallelism() } = parameters;
  const limits = limitsOf(parameters);
  const sandbox = options.sandbox ?? openSandbox(parameters, name);
  const gate = createGate(concurrency);

  const judgeProgram = (source: string, { language, tests }: ProgramTests): Promise<Score> =>
    gate(() =>
      scoreWithinTime(options, async (signal) => {
        const program = await sandbox.open({ language, source }, limits, signal);
        if (program === null) {
          return valueScore(0);
        }
        try {
          const untilFailure = kind === "binary_code";
          return valueScore(await shareOfTests(program, tests, { compat, untilFailure }));
        } finally {
          await program.close();
        }
      }),
    );

  return {
    name,
    highest: 1,
    goldEarnsHighest: false,
    async scoreGroup(contexts) {
      // Completions of one group are often the same.
      const judged = new Map<string, Promise<Score>>();
      return Promise.all(
        contexts.map(({ problem, completion }) => {
          let tests: ProgramTests;
          try {
            tests = programTests(problem, parameters);
          } catch (error) {
            return unscorable(errorMessage(error));
          }
          const language = compat === "upstream" ? "python" : tests.language;
          const source = findProgram(completion, language, compat);
          if (source === null || (compat === "upstream" && !canBeArgument(source))) {
            return valueScore(0);
          }
          const key = JSON.stringify([problem.id, source]);
          const score = judged.get(key) ?? judgeProgram(source, { ...tests, language });
          judged.set(key, score);
          return score;
        }),
      );
    },
    async prepare(trial) {
      for (const language of languagesOf(trial, parameters)) {
        await sandbox.prepare(language, limits);
      }
    },
  };
}

function limitsOf(parameters: CodeParameters): RunLimits {
  const { testSeconds, memoryMegabytes, processes, outputKilobytes } = parameters;
  return { seconds: testSeconds, memoryMegabytes, processes, outputBytes: outputKilobytes * 1024 };
}

function languagesOf(
  trial: readonly RewardContext[],
  parameters: CodeParameters,
): Set<ProgramTests["language"]> {
  const found = trial.flatMap(({ problem }) => {
    try {
      return [programTests(problem, parameters).language];
    } catch {
      // Its scores will say so.
      return [];
    }
  });
  return new Set(found.length > 0 ? found : [parameters.language ?? "python"]);
}

const longestArgument = 131_071;

/**
 * Upstream hands the program over as an argument of a command, after a detour that parts characters beyond U+FFFF into
 * halves: such a program is never run, nor one with a NUL, nor one too long.
 */
function canBeArgument(source: string): boolean {
  return !/[\uD800-\uDFFF\0]/.test(source) && Buffer.byteLength(source) <= longestArgument;
}
