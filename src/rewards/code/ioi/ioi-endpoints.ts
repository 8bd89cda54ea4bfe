import { z } from "zod";
import { shown } from "../../../error-text.ts";
import { ConfigError } from "../../../errors.ts";
import { askRepeatedly, type Outcome } from "../../retries.ts";
import { requestOnce } from "../endpoints/request.ts";
import type { IoiProblem } from "./ioi-problem.ts";

/** Piston servers with open-r1's package `cms_ioi`, which compiles, runs and grades one test. */
export interface IoiEndpoints {
  /** Tests that run at once. */
  readonly width: number;
  /** 0 to 1. Throws for what is not the program's doing, and the signal's reason once that is aborted. */
  grade(
    problem: IoiProblem,
    test: IoiProblem["tests"][number],
    program: string,
    signal: AbortSignal,
  ): Promise<number>;
}

const stage = z.object({
  stdout: z.string().default(""),
  stderr: z.string().default(""),
  code: z.number().nullish(),
  signal: z.string().nullish(),
});
const answerShape = z.object({
  message: z.string().optional(),
  compile: stage.optional(),
  run: stage.optional(),
});

/** Over the program's own limit, which the grader keeps. */
const graderSeconds = 3;

const mostAnswerBytes = 2 ** 24;
const firstWait = 1;

/** `list`: addresses with their version, between commas. Throws ConfigError where it names none. */
export function createIoiEndpoints(
  list: string,
  { requestsPerEndpoint, retries }: { requestsPerEndpoint: number; retries: number },
): IoiEndpoints {
  const urls = list
    .split(",")
    .map((url) => url.trim().replace(/\/+$/, ""))
    .filter((url) => url !== "");
  const wrong = urls.find((url) => !/^https?:\/\//.test(url));
  if (urls.length === 0 || wrong !== undefined) {
    throw new ConfigError(
      `${shown(wrong ?? list)} is no Piston endpoint; give addresses such as http://host:2000/api/v2, with commas between`,
    );
  }
  const useEndpoint = shareOut(Array.from({ length: requestsPerEndpoint }, () => urls).flat());

  return {
    width: urls.length * requestsPerEndpoint,
    grade(problem, test, program, signal) {
      const { id, graderFiles, timeLimit, memoryLimit } = problem;
      const body = {
        files: [
          { name: `graders/${id.toLowerCase()}.cpp`, content: program },
          { name: "input.txt", content: test.input },
          ...(test.output === "" ? [] : [{ name: "correct_output.txt", content: test.output }]),
          ...graderFiles,
        ],
        run_timeout: Math.round((timeLimit + graderSeconds) * 1000),
        run_memory_limit: memoryLimit,
        language: "cms_ioi",
        version: "*",
      };
      // Each try may go to another endpoint.
      return askRepeatedly({ url: urls.join(", "), retries, firstWait, signal }, () =>
        useEndpoint(async (url) => {
          const mostBytes = mostAnswerBytes;
          const outcome = await requestOnce({
            method: "POST",
            url: `${url}/execute`,
            body,
            retries: 0,
            mostBytes,
            signal,
          });
          return outcome.kind === "answer" ? scoreIn(outcome.answer) : outcome;
        }),
      );
    },
  };
}

/** What the package answers: the score on standard output. */
function scoreIn(text: string): Outcome<number> {
  const failure = (reason: string, passing = false): Outcome<number> => ({
    kind: "failure",
    reason,
    passing,
  });
  const zero: Outcome<number> = { kind: "answer", answer: 0 };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const { data } = answerShape.safeParse(parsed);
  const { message, compile, run } = data ?? {};
  if (message !== undefined) {
    return failure(shown(message));
  }
  if (compile !== undefined && compile.code !== 0) {
    return zero;
  }
  if (run === undefined) {
    return failure(`Piston gave no outcome: ${shown(text)}`);
  }
  const { code, signal, stdout, stderr } = run;
  if (stderr.includes("Resource temporarily unavailable")) {
    return failure(`Piston is overloaded: ${shown(stderr)}`, true);
  }
  if (code === 1 && stderr.includes("MemoryError")) {
    return zero;
  }
  if (stdout !== "") {
    const score = /^\s*\d+(?:\.\d*)?(?:[eE][-+]?\d+)?\s*$/.test(stdout) ? Number(stdout) : Number.NaN;
    return score >= 0 && score <= 1
      ? { kind: "answer", answer: score }
      : failure(`the package cms_ioi printed no score: ${shown(stdout)}`);
  }
  if (signal === "SIGKILL" || code === 0) {
    return zero;
  }
  return failure(`the package cms_ioi failed with exit code ${shown(code ?? signal)}: ${shown(stderr)}`);
}

/** Gives whoever asks the one that has been free the longest, and waits for one where none is. */
function shareOut<Thing>(
  things: readonly Thing[],
): <Result>(work: (thing: Thing) => Promise<Result>) => Promise<Result> {
  const free = [...things];
  const waiting: ((thing: Thing) => void)[] = [];
  return async (work) => {
    const thing = free.shift() ?? (await new Promise<Thing>((resolve) => waiting.push(resolve)));
    try {
      return await work(thing);
    } finally {
      const next = waiting.shift();
      if (next === undefined) {
        free.push(thing);
      } else {
        next(thing);
      }
    }
  };
}
