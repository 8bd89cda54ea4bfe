import { z } from "zod";
import { shown, wayOut } from "./error-text.ts";
import { ConfigError } from "./errors.ts";
import { valueAt } from "./value-at.ts";

/**
 * Checks parameters and fills in the defaults. Throws ConfigError with one line that names the owner (`task math`), the
 * parameter and the value; an unknown parameter comes with the nearest known one.
 */
export function parseParameters<Schema extends z.ZodType>(
  schema: Schema,
  parameters: unknown,
  owner: string,
): z.output<Schema> {
  const result = schema.safeParse(parameters);
  if (result.success) {
    return result.data;
  }
  const { issues } = result.error;
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]!;
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const known = issue.path.length === 0 && schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    const end = known.length > 0 ? wayOut(key, known) : "; remove it";
    throw new ConfigError(`${owner}: unknown parameter "${[...issue.path, key].join(".")}"${end}`);
  }
  const name = issue.path.length === 0 ? "the parameters" : `"${issue.path.join(".")}"`;
  throw new ConfigError(
    `${owner}: ${name} cannot be ${shown(valueAt(parameters, issue.path))}: ${issue.message}`,
  );
}
