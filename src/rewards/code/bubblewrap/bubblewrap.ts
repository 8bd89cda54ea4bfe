import { ConfigError, errorMessage } from "../../../errors.ts";
import type { Language } from "../language.ts";
import type { RunLimits, Sandbox } from "../sandbox.ts";
import { type ContainedCommand, contain, type Tools } from "./containment.ts";
import { findCommands } from "./find-command.ts";
import { findPythons, type Interpreter, javascript, typeStripper } from "./interpreter.ts";
import { runContained } from "./run-contained.ts";

const elsewhere = 'or use "sandbox": "piston" or "e2b"';

/** Root's limits on processes are not held, so that its sandboxes belong to nobody. */
const nobody = 65534;

/** Of the first run, in which an interpreter may still have to come from a slow disk. */
const patientSeconds = 30;

const strippingLimits: RunLimits = { seconds: 10, memoryMegabytes: 512, processes: 64, outputBytes: 2 ** 22 };

/** A sandbox of the operating system, for Linux: one bubblewrap a run. */
export function createBubblewrap(): Sandbox {
  const ready = new Map<Language, Promise<Interpreter>>();
  let tools: Tools | undefined;

  const contained = (command: ContainedCommand, input: string, limits: RunLimits, signal: AbortSignal) => {
    tools ??= findTools();
    return runContained(contain(tools, command, limits), input, limits, signal);
  };

  /** Throws an error in one line where a program that does nothing but answer does not. */
  const tryOut = async (interpreter: Interpreter, program: string, limits: RunLimits): Promise<void> => {
    const patient = { ...limits, seconds: Math.max(limits.seconds, patientSeconds) };
    const outcome = await contained(interpreter(program), "", patient, new AbortController().signal);
    if (outcome.kind !== "finished" || outcome.output !== "ready") {
      const word = outcome.errors.trim().split("\n").at(-1);
      throw new Error(
        word || `it gave no answer with ${limits.memoryMegabytes} MB and ${limits.processes} processes`,
      );
    }
  };

  const findInterpreter = async (language: Language, limits: RunLimits): Promise<Interpreter> => {
    if (language === "python") {
      return await findPython((interpreter) => tryOut(interpreter, 'print("ready", end="")', limits));
    }
    try {
      await tryOut(javascript, 'process.stdout.write("ready")', limits);
      return javascript;
    } catch (error) {
      throw unusable(error, process.execPath);
    }
  };

  const interpreterOf = (language: Language, limits: RunLimits): Promise<Interpreter> => {
    const known = ready.get(language) ?? findInterpreter(language, limits);
    ready.set(language, known);
    return known;
  };

  return {
    async prepare(language, limits) {
      await interpreterOf(language, limits);
    },
    async open({ language, source }, limits, signal) {
      const interpreter = await interpreterOf(language, limits);
      let text = source;
      if (language === "typescript") {
        const outcome = await contained(typeStripper(), source, strippingLimits, signal);
        if (outcome.kind !== "finished" || outcome.exitCode !== 0) {
          return null;
        }
        text = outcome.output;
      }
      return {
        async run(input) {
          const { errors: _, ...outcome } = await contained(interpreter(text), input, limits, signal);
          return outcome;
        },
        async close() {},
      };
    },
  };
}

async function findPython(tryOut: (interpreter: Interpreter) => Promise<void>): Promise<Interpreter> {
  const pythons = await findPythons();
  const reasons: string[] = [];
  for (const { path, interpreter } of pythons) {
    try {
      await tryOut(interpreter);
      return interpreter;
    } catch (error) {
      if (error instanceof ConfigError) {
        throw error;
      }
      reasons.push(`${path}: ${errorMessage(error)}`);
    }
  }
  throw reasons.length === 0
    ? new ConfigError(`no python3 on the PATH to run Python programs with; install Python 3, ${elsewhere}`)
    : unusable(new Error(reasons.join("; ")), "python3");
}

/** The likeliest reason in words, behind what was said. */
function unusable(error: unknown, interpreter: string): ConfigError {
  if (error instanceof ConfigError) {
    return error;
  }
  const message = errorMessage(error);
  if (/Unknown option|unrecognized/i.test(message)) {
    return new ConfigError(
      `bubblewrap is too old (${message}); install bubblewrap 0.8 or newer, ${elsewhere}`,
    );
  }
  if (/namespace|uid map|Operation not permitted|loopback/i.test(message)) {
    return new ConfigError(
      `bubblewrap may not make namespaces here (${message}); allow unprivileged user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0 or kernel.unprivileged_userns_clone=1; in a container, a seccomp profile that allows them), ${elsewhere}`,
    );
  }
  const who =
    process.getuid?.() === 0 ? "; sandboxes of root run as nobody, who must be able to read it" : "";
  return new ConfigError(`${interpreter} cannot be run in a sandbox (${message})${who}`);
}

function findTools(): Tools {
  const [bubblewrap] = findCommands("bwrap");
  const [prlimit] = findCommands("prlimit");
  if (process.platform !== "linux") {
    throw new ConfigError(
      `programs can be run in a sandbox on Linux only, not on ${process.platform}; use "sandbox": "piston" or "e2b"`,
    );
  }
  if (bubblewrap === undefined) {
    throw new ConfigError(
      `bubblewrap (bwrap) is not installed, and programs are not run without a sandbox; install it (apt-get install bubblewrap, dnf install bubblewrap), ${elsewhere}`,
    );
  }
  if (prlimit === undefined) {
    throw new ConfigError(`prlimit is not installed; install util-linux, ${elsewhere}`);
  }
  return { bubblewrap, prlimit, userId: process.getuid?.() === 0 ? nobody : undefined };
}
