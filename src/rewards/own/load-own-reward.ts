import { readFileSync } from "node:fs";
import { register } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { wayOut } from "../../error-text.ts";
import { ConfigError, errorMessage } from "../../errors.ts";
import { unreadableReason } from "../../missing-path.ts";
import type { Score } from "../../pipeline.ts";
import { isScore, shownScore } from "../checked-score.ts";
import type { AnyReward } from "../reward.ts";
import type { RewardSource } from "../reward-source.ts";
import type { GroupRewardFunction, RewardFunction } from "./own-reward.ts";
import { exportPosition, thrownPosition } from "./source-position.ts";

type FileSource = Extract<RewardSource, { kind: "file" }>;

let canLoadTypeScript = false;

/**
 * The reward that a module of the user's exports, which may be TypeScript. To be called in a worker: whatever the module
 * does stays there. Throws ConfigError naming file and line where it cannot be loaded or exports no such thing.
 */
export async function loadOwnReward({ file, export: name, parameters }: FileSource): Promise<AnyReward> {
  const source = readSource(file);
  const exported = await loadExport(file, source, name);
  const position = exportPosition(file, source, name);
  const facts = { name: path.basename(file), highest: 1 };
  const scored = (given: unknown) => ownScore(position, given);
  const guarded = async <Result>(call: () => Result): Promise<Awaited<Result>> => {
    try {
      return await call();
    } catch (error) {
      throw new Error(`${thrownPosition(file, error) ?? position}: ${errorMessage(error)}`);
    }
  };
  if (typeof exported === "function") {
    const judge = exported as RewardFunction;
    return { ...facts, score: async (context) => scored(await guarded(() => judge(context, parameters))) };
  }
  if (isGroupReward(exported)) {
    return {
      ...facts,
      async scoreGroup(contexts) {
        const given: unknown = await guarded(() => exported.scoreGroup(contexts, parameters));
        if (!Array.isArray(given) || given.length !== contexts.length) {
          const what = Array.isArray(given) ? `${given.length} results` : typeof given;
          throw new Error(`${position}: scoreGroup gave ${what} for ${contexts.length} completions`);
        }
        return given.map(scored);
      },
    };
  }
  throw new ConfigError(
    `${position}: export ${name} is ${exported === null ? "null" : `of type ${typeof exported}`}; expected a function of (context, parameters), or an object with such a function scoreGroup`,
  );
}

function readSource(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(`${file}: the reward cannot be read: ${unreadableReason(error)}`);
  }
}

async function loadExport(file: string, source: string, name: string): Promise<unknown> {
  const isTypeScript = /\.m?ts$/.test(file);
  if (isTypeScript && !canLoadTypeScript) {
    register("./strip-types.js", import.meta.url);
    canLoadTypeScript = true;
  }
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw new ConfigError(await unloadable(file, source, error));
  }
  if (!Object.hasOwn(module, name)) {
    throw new ConfigError(`${file}: there is no export "${name}"${wayOut(name, Object.keys(module))}`);
  }
  return module[name];
}

/** Node keeps the line of what it cannot parse to itself; the parser of TypeScript tells it. */
async function unloadable(file: string, source: string, error: unknown): Promise<string> {
  const message = errorMessage(error).replaceAll(/\s*\n\s*/g, " ");
  if (!(error instanceof SyntaxError)) {
    return `${thrownPosition(file, error) ?? file}: ${message}`;
  }
  try {
    const { strippedTypes } = await import("./stripped-types.ts");
    strippedTypes(source, file);
  } catch (problem) {
    return errorMessage(problem);
  }
  // In another module that it imports.
  return message.startsWith(path.parse(file).root) ? message : `${file}: ${message}`;
}

function isGroupReward(exported: unknown): exported is GroupRewardFunction {
  return (
    typeof exported === "object" &&
    exported !== null &&
    "scoreGroup" in exported &&
    typeof exported.scoreGroup === "function"
  );
}

function ownScore(position: string, given: unknown): Score {
  const score = typeof given === "number" ? { kind: "value", value: given } : given;
  return isScore(score)
    ? score
    : {
        kind: "error",
        reason: `${position}: the reward gave ${shownScore(given)}; expected a finite number or a score such as { kind: "value", value: 1 }`,
      };
}
