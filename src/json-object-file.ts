import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { errorMessage, ModelError } from "./errors.ts";
import { parseShallowJson } from "./shallow-json.ts";

/** More than any file of a model folder needs. */
const deepest = 64;

/** The object in a JSON file of a model folder. Throws ModelError where there is none. */
export function readJsonObject(file: string): Record<string, unknown> {
  if (!existsSync(file)) {
    throw new ModelError(
      `${path.dirname(file)} has no ${path.basename(file)}; copy it from where the model came from`,
    );
  }
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ModelError(`cannot read ${file}: ${errorMessage(error)}`);
  }
  let parsed: unknown;
  try {
    parsed = parseShallowJson(text, deepest);
  } catch (error) {
    throw new ModelError(`${file} is not JSON (${errorMessage(error)}); copy it again`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new ModelError(`${file} must hold a JSON object; copy it again`);
  }
  return parsed as Record<string, unknown>;
}
