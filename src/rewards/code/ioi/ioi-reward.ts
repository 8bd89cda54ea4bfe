import { z } from "zod";
import { ConfigError, errorMessage } from "../../../errors.ts";
import { parseParameters } from "../../../parse-parameters.ts";
import type { Score } from "../../../pipeline.ts";
import { compat } from "../../compat.ts";
import { createGate } from "../../gate.ts";
import type { GroupReward } from "../../reward.ts";
import { unscorable, valueScore } from "../../score.ts";
import { scoreWithinTime } from "../within-time.ts";
import { createIoiEndpoints, type IoiEndpoints } from "./ioi-endpoints.ts";
import { type IoiProblem, ioiProblem } from "./ioi-problem.ts";
import { ioiProgram } from "./ioi-program.ts";
import { roundToEven } from "./round-to-even.ts";

export const ioiRewardName = "ioi_code";

/**
 * `endpointsVariable`: environment variable with the addresses of Piston servers. `requestsPerEndpoint`: at once.
 * `testBatchSize`: tests of one program at once; after a batch with a failure the rest is not run. `retries`: of a request
 * that failed in passing, with growing waits.
 */
export const ioiCodeParameters = z.strictObject({
  compat,
  endpointsVariable: z.string().min(1).default("PISTON_ENDPOINTS"),
  requestsPerEndpoint: z.int().min(1).default(1),
  testBatchSize: z.int().min(1).default(1),
  retries: z.int().min(0).default(5),
});

/**
 * The score of a C++ program in an IOI subtask: that of its worst test, 0 to 1. It only waits, so it runs where it is made.
 * Throws ConfigError for a parameter that cannot be used. Upstream: `ioi_code_reward`.
 */
export function createIoiCodeReward(
  given: unknown,
  options: { name: string; timeLimit: number },
): GroupReward {
  const { name } = options;
  const parameters = parseParameters(ioiCodeParameters, given, `reward ${name}`);
  let opened: { endpoints: IoiEndpoints; gate: ReturnType<typeof createGate> } | undefined;
  const open = () => {
    if (opened === undefined) {
      const endpoints = endpointsOf(parameters, name);
      opened = { endpoints, gate: createGate(endpoints.width) };
    }
    return opened;
  };

  const judgeProgram = async (problem: IoiProblem, program: string): Promise<Score> => {
    const { endpoints, gate } = open();
    const score = await gate(() =>
      scoreWithinTime(options, async (signal) => {
        const worst = await worstScore(endpoints, problem, program, parameters.testBatchSize, signal);
        return valueScore(roundToEven(worst, problem.scorePrecision));
      }),
    );
    return score.kind !== "value" && parameters.compat === "upstream" ? valueScore(0) : score;
  };

  return {
    name,
    highest: 1,
    goldEarnsHighest: false,
    scoreGroup: (contexts) =>
      Promise.all(
        contexts.map(async ({ problem: row, completion }) => {
          let problem: IoiProblem;
          try {
            problem = ioiProblem(row);
          } catch (error) {
            return unscorable(errorMessage(error));
          }
          if (problem.tests.length === 0) {
            return parameters.compat === "upstream"
              ? valueScore(0)
              : unscorable("column test_names is empty");
          }
          const program = ioiProgram(completion, problem.id, parameters.compat);
          return program === null ? valueScore(0) : judgeProgram(problem, program);
        }),
      ),
    async prepare(trial) {
      open();
      const reasons = trial.map(({ problem }) => {
        try {
          ioiProblem(problem);
          return undefined;
        } catch (error) {
          return errorMessage(error);
        }
      });
      if (reasons.length > 0 && reasons.every((reason) => reason !== undefined)) {
        throw new ConfigError(`reward ${name}: ${reasons[0]}`);
      }
    },
  };
}

async function worstScore(
  endpoints: IoiEndpoints,
  problem: IoiProblem,
  program: string,
  batchSize: number,
  signal: AbortSignal,
): Promise<number> {
  let worst = 1;
  for (let start = 0; start < problem.tests.length && worst > 0; start += batchSize) {
    const batch = problem.tests.slice(start, start + batchSize);
    const scores = await Promise.all(batch.map((test) => endpoints.grade(problem, test, program, signal)));
    worst = Math.min(worst, ...scores);
  }
  return worst;
}

function endpointsOf(parameters: z.output<typeof ioiCodeParameters>, name: string): IoiEndpoints {
  const { endpointsVariable } = parameters;
  const list = process.env[endpointsVariable]?.trim();
  if (!list) {
    throw new ConfigError(
      `reward ${name}: the environment variable ${endpointsVariable} is not set; IOI problems are graded by Piston servers with open-r1's package cms_ioi: export their addresses, with commas between`,
    );
  }
  return createIoiEndpoints(list, parameters);
}
