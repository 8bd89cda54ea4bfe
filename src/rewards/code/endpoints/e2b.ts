import { z } from "zod";
import { shown } from "../../../error-text.ts";
import { ConfigError, errorMessage } from "../../../errors.ts";
import type { Language } from "../language.ts";
import { finished, type Outcome, type Program, type RunLimits, type Sandbox } from "../sandbox.ts";
import { evaluationScript } from "./evaluation-script.ts";
import { AnswerTooLongError, requestText } from "./request.ts";

export interface E2bEndpoint {
  /** E2B's own, if left out. */
  baseUrl?: string | undefined;
  apiKey: string;
  retries: number;
  /** Where a sandbox takes code; by default port 49999 of its own host. */
  codeUrl?: (sandboxId: string, domain: string) => string;
}

const created = z.object({
  sandboxID: z.string().regex(/^[\w-]+$/),
  domain: z.string().nullish(),
  envdAccessToken: z.string().nullish(),
});

const event = z.object({
  type: z.string(),
  text: z.string().nullish(),
  name: z.string().nullish(),
  value: z.string().nullish(),
});

const report = z.object({
  over: z.enum(["time", "output"]).nullable(),
  exitCode: z.int(),
  output: z.base64(),
});

const interpreters: Readonly<Partial<Record<Language, { command: string; file: string }>>> = {
  python: { command: "python3", file: "main.py" },
  javascript: { command: "node", file: "main.js" },
};

/** Seconds that a sandbox lives at most, should its end never be asked for. */
const sandboxSeconds = 300;

/** Programs run in E2B's code interpreter: one sandbox a program, without access to the internet. */
export function createE2b({
  baseUrl = "https://api.e2b.app",
  apiKey,
  retries,
  codeUrl = ownHost,
}: E2bEndpoint): Sandbox {
  const sandboxes = `${baseUrl.replace(/\/+$/, "")}/sandboxes`;
  const headers = { "X-API-Key": apiKey };
  const common = { retries, mostBytes: 100_000 };

  const open = async ({ language, source }: Program, limits: RunLimits, signal: AbortSignal) => {
    const interpreter = interpreters[language];
    if (interpreter === undefined) {
      throw new ConfigError(
        `E2B runs Python and JavaScript, not ${language}; use "sandbox": "bubblewrap" or "piston"`,
      );
    }
    const body = { templateID: "code-interpreter-v1", timeout: sandboxSeconds, allow_internet_access: false };
    const text = await requestText({ ...common, method: "POST", url: sandboxes, headers, body, signal });
    const { sandboxID, domain, envdAccessToken } = created.parse(JSON.parse(text));
    const url = codeUrl(sandboxID, domain ?? "e2b.app");
    const token: Record<string, string> = envdAccessToken ? { "X-Access-Token": envdAccessToken } : {};
    return {
      async run(input: string): Promise<Outcome> {
        const code = evaluationScript({ ...interpreter, source, input, ...limits });
        const mostBytes = 4 * limits.outputBytes + 100_000;
        try {
          const request = { method: "POST", url, headers: token, retries, mostBytes, signal } as const;
          return outcomeOf(await requestText({ ...request, body: { code, language: "python" } }));
        } catch (error) {
          if (error instanceof AnswerTooLongError) {
            return { kind: "over", limit: "output" };
          }
          throw error;
        }
      },
      async close(): Promise<void> {
        const ended = AbortSignal.timeout(30_000);
        const request = { ...common, method: "DELETE", url: `${sandboxes}/${sandboxID}`, headers } as const;
        // One that is not told to end does so by itself.
        await requestText({ ...request, signal: ended }).catch(() => undefined);
      },
    };
  };

  return {
    open,
    async prepare(language, limits) {
      const source = language === "python" ? "print('ready')" : "console.log('ready')";
      try {
        const program = await open({ language, source }, limits, AbortSignal.timeout(60_000));
        const outcome = await program.run("").finally(program.close);
        if (outcome.kind !== "finished" || outcome.output.trim() !== "ready") {
          throw new Error(shown(outcome));
        }
      } catch (error) {
        throw error instanceof ConfigError
          ? error
          : new ConfigError(`E2B does not run ${language} programs: ${errorMessage(error)}`);
      }
    },
  };
}

function ownHost(sandboxId: string, domain: string): string {
  return `https://49999-${sandboxId}.${domain}/execute`;
}

/** The answer is one JSON object a line; the script writes one report. */
function outcomeOf(text: string): Outcome {
  let written = "";
  for (const line of text.split("\n").filter(Boolean)) {
    const { type, text: part, name, value } = event.parse(JSON.parse(line));
    if (type === "error") {
      throw new Error(`E2B's evaluation failed: ${shown(`${name}: ${value}`)}`);
    }
    written += type === "stdout" ? (part ?? "") : "";
  }
  const { data } = report.safeParse(parsed(written));
  if (data === undefined) {
    throw new Error(`E2B gave no outcome: ${shown(written)}`);
  }
  return data.over === null
    ? finished(data.exitCode, Buffer.from(data.output, "base64"))
    : { kind: "over", limit: data.over };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
