import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { finished, type Outcome, type RunLimits } from "../sandbox.ts";
import { memoryInUse } from "./memory-in-use.ts";

/** A command of bubblewrap: `--json-status-fd 3` is among its arguments, and it reads `files` from 4 on. */
export interface Containment {
  command: string;
  arguments: readonly string[];
  /** As whom it starts; as whoever calls, if left out. */
  userId?: number | undefined;
  files: readonly Uint8Array[];
  /** Inside, in memory. */
  workFolder: string;
}

/** What the program wrote to its standard error, up to a line or two, for those who run it on purpose. */
export type ContainedOutcome = Outcome & { errors: string };

const watchMilliseconds = 25;
const keptErrorBytes = 2000;
/** What a shell would say of a program that SIGXCPU ended. */
const overProcessorTime = 128 + 24;

/**
 * Runs it to its end, or ends it at a limit, with every process that it began: they share a process namespace, which goes
 * with its first. Throws where the sandbox could not be made, and the signal's reason once that is aborted.
 */
export function runContained(
  containment: Containment,
  input: string,
  limits: RunLimits,
  signal: AbortSignal,
): Promise<ContainedOutcome> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const { command, userId, files, workFolder } = containment;
    const child = spawn(command, containment.arguments, {
      cwd: "/",
      env: {},
      stdio: ["pipe", "pipe", "pipe", "pipe", ...files.map(() => "pipe" as const)],
      ...(userId !== undefined && { uid: userId, gid: userId }),
    });
    if (!child.stdout || !child.stderr || !child.stdin) {
      // Out of files: there are no streams, and the error comes by itself.
      child.once("error", reject);
      return;
    }
    let over: "time" | "memory" | "output" | undefined;
    let failure: Error | undefined;
    const end = (limit: typeof over): void => {
      over ??= limit;
      child.kill("SIGKILL");
    };
    const fail = (error: Error): void => {
      failure ??= error;
      child.kill("SIGKILL");
    };
    const abort = (): void => fail(signal.reason as Error);
    child.on("error", fail);
    signal.addEventListener("abort", abort);

    const output = collect(child.stdout, limits.outputBytes, () => end("output"));
    const errors = collect(child.stderr, limits.outputBytes, () => end("output"));
    const status = collect(child.stdio[3] as Readable, 10_000, () => end("output"));
    for (const [index, bytes] of files.entries()) {
      write(child.stdio[4 + index] as Writable, bytes);
    }
    write(child.stdin, input);

    const clock = setTimeout(() => end("time"), limits.seconds * 1000);
    const watch = setInterval(() => {
      try {
        const id = Number(/"child-pid": (\d+)/.exec(status.text())?.[1] ?? 0);
        if (id > 0 && memoryInUse(id, workFolder) > limits.memoryMegabytes * 2 ** 20) {
          end("memory");
        }
      } catch (error) {
        fail(error as Error);
      }
    }, watchMilliseconds);

    child.on("close", () => {
      clearTimeout(clock);
      clearInterval(watch);
      signal.removeEventListener("abort", abort);
      const exitCode = /"exit-code": (\d+)/.exec(status.text())?.[1];
      const told = errors.text().slice(0, keptErrorBytes);
      if (failure !== undefined) {
        reject(failure);
      } else if (over !== undefined) {
        resolve({ kind: "over", limit: over, errors: told });
      } else if (exitCode === undefined) {
        reject(new Error(`${command}: ${lastLine(told)}`));
      } else if (Number(exitCode) === overProcessorTime) {
        resolve({ kind: "over", limit: "time", errors: told });
      } else {
        resolve({ ...finished(Number(exitCode), output.bytes()), errors: told });
      }
    });
  });
}

interface Collected {
  bytes(): Buffer;
  text(): string;
}

/** Keeps no more than `most` bytes, and tells when there are more. */
function collect(stream: Readable, most: number, onMore: () => void): Collected {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length > most) {
      onMore();
    } else {
      chunks.push(chunk);
    }
  });
  const bytes = () => Buffer.concat(chunks);
  return { bytes, text: () => bytes().toString("utf8") };
}

/** A program need not read what it is given. */
function write(stream: Writable, content: string | Uint8Array): void {
  stream.on("error", () => {});
  stream.end(content);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) || "it ended without a word";
}
