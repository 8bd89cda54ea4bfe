import { z } from "zod";
import { shown } from "../../../error-text.ts";
import { ConfigError, errorMessage } from "../../../errors.ts";
import type { Language } from "../language.ts";
import type { Outcome, RunLimits, Sandbox } from "../sandbox.ts";
import { AnswerTooLongError, requestText } from "./request.ts";

export interface PistonEndpoint {
  /** With its version: `http://localhost:2000/api/v2`. */
  baseUrl: string;
  /** null where none is to be sent. */
  apiKey: string | null;
  retries: number;
}

const stage = z.object({
  stdout: z.string(),
  code: z.number().nullish(),
  signal: z.string().nullish(),
  /** Of newer versions: time out, output or error output too long, failure of Piston itself. */
  status: z.string().nullish(),
  message: z.string().nullish(),
});
const answer = z.object({ run: stage.optional(), compile: stage.optional() });

const fileNames: Readonly<Record<Language, string>> = {
  python: "main.py",
  javascript: "main.js",
  typescript: "main.ts",
};

/** Programs run by a Piston server: one request a test. */
export function createPiston({ baseUrl, apiKey, retries }: PistonEndpoint): Sandbox {
  const url = `${baseUrl.replace(/\/+$/, "")}/execute`;
  const headers: Record<string, string> = apiKey === null ? {} : { Authorization: apiKey };

  const execute = async (
    language: Language,
    content: string,
    input: string,
    limits: RunLimits,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    const body = {
      language,
      version: "*",
      files: [{ name: fileNames[language], content }],
      stdin: input,
      run_timeout: Math.ceil(limits.seconds * 1000),
      run_memory_limit: limits.memoryMegabytes * 2 ** 20,
    };
    // Output, error output, both together, and what escaping adds.
    const mostBytes = 8 * limits.outputBytes + 100_000;
    try {
      const text = await requestText({ method: "POST", url, headers, body, retries, mostBytes, signal });
      return outcomeOf(text, limits);
    } catch (error) {
      if (error instanceof AnswerTooLongError) {
        return { kind: "over", limit: "output" };
      }
      throw error;
    }
  };

  return {
    async prepare(language, limits) {
      const program = language === "python" ? "print('ready')" : "console.log('ready')";
      let outcome: Outcome;
      try {
        outcome = await execute(language, program, "", limits, AbortSignal.timeout(60_000));
      } catch (error) {
        throw new ConfigError(
          `Piston does not run ${language} programs: ${errorMessage(error)}; check its address, its packages and its limits`,
        );
      }
      if (outcome.kind !== "finished" || outcome.output.trim() !== "ready") {
        throw new ConfigError(`${url}: Piston does not run ${language} programs: ${shown(outcome)}`);
      }
    },
    async open({ language, source }, limits, signal) {
      return {
        run: (input) => execute(language, source, input, limits, signal),
        async close() {},
      };
    },
  };
}

function outcomeOf(text: string, limits: RunLimits): Outcome {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const { data } = answer.safeParse(parsed);
  const { run, compile } = data ?? {};
  if (compile !== undefined && compile.code !== 0) {
    return { kind: "finished", exitCode: compile.code ?? 1, output: "" };
  }
  if (run === undefined || run.status === "XX") {
    throw new Error(`Piston gave no outcome: ${shown(run?.message ?? text)}`);
  }
  const { stdout, code, signal, status } = run;
  if (status === "OL" || status === "EL" || Buffer.byteLength(stdout) > limits.outputBytes) {
    return { kind: "over", limit: "output" };
  }
  // Older versions only tell that they killed it.
  if (status === "TO" || (signal === "SIGKILL" && !status)) {
    return { kind: "over", limit: "time" };
  }
  return { kind: "finished", exitCode: code ?? 1, output: stdout };
}
