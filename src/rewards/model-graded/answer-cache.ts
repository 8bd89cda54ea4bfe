import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { writeFileAtomically } from "../../atomic-file.ts";

/** Answers on disk, one file each, by everything that decides them. */
export interface AnswerCache {
  /** null if it is not there, or not readable. */
  read(key: string): Promise<string | null>;
  write(key: string, answer: string): void;
}

/** Where answers lie unless a recipe says otherwise. */
export function defaultCacheFolder(): string {
  const root = process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache");
  return path.join(root, "gpgrad", "model-graded");
}

export function openAnswerCache(folder: string): AnswerCache {
  const fileOf = (key: string): string => path.join(folder, key.slice(0, 2), `${key}.json`);
  return {
    async read(key) {
      try {
        const { answer } = JSON.parse(await readFile(fileOf(key), "utf8")) as { answer?: unknown };
        return typeof answer === "string" ? answer : null;
      } catch {
        return null;
      }
    },
    write: (key, answer) => writeFileAtomically(fileOf(key), JSON.stringify({ answer })),
  };
}

/** Of the address and the whole request, which has no key to the endpoint in it. */
export function cacheKey(url: string, request: object): string {
  return createHash("sha256")
    .update(JSON.stringify([url, request]))
    .digest("hex");
}
