import { parse } from "yaml";
import { z } from "zod";
import { DataError } from "../errors.ts";

const patterns = z.union([z.string(), z.array(z.string())]).transform((given) => [given].flat());
const config = z.object({
  config_name: z.coerce.string(),
  default: z.boolean().optional(),
  data_dir: z.string().optional(),
  data_files: z
    .union([
      patterns.transform((path) => [{ split: "train", path }]),
      z.array(z.object({ split: z.coerce.string(), path: patterns })),
      z
        .record(z.string(), patterns)
        .transform((all) => Object.entries(all).map(([split, path]) => ({ split, path }))),
    ])
    .optional(),
});
const card = z.object({ configs: z.array(config).min(1) });

type Splits = Map<string, string[]>;

/**
 * The files of a config by split, as the YAML head of a data set's README.md declares them (`configs`, whose patterns may
 * hold `*`, `**`, `?`, `[...]` and `{a,b}`); null where it declares none.
 */
export function declaredFiles(
  where: string,
  files: readonly string[],
  readme: string | null,
  wanted: string | undefined,
  bySplit: (files: readonly string[]) => Splits,
): Splits | null {
  const configs = readConfigs(readme);
  if (configs === null) {
    return null;
  }
  const chosen =
    wanted === undefined
      ? (configs.find((one) => one.default === true || one.config_name === "default") ??
        (configs.length === 1 ? configs[0] : undefined))
      : configs.find((one) => one.config_name === wanted);
  if (chosen === undefined) {
    const what = wanted === undefined ? "it has several configs" : `it has no config "${wanted}"`;
    throw new DataError(
      `${where}: ${what}; set config to one of: ${configs.map((one) => one.config_name).join(", ")}`,
    );
  }
  const { data_dir: folder = "", data_files: declared } = chosen;
  const root = folder.replace(/^\.?\/+|\/+$/g, "");
  if (declared === undefined) {
    return bySplit(files.filter((file) => root === "" || file.startsWith(`${root}/`)));
  }
  return new Map(
    declared.map(({ split, path }) => {
      const matchers = path.map((pattern) => globPattern(root === "" ? pattern : `${root}/${pattern}`));
      return [split, files.filter((file) => matchers.some((matcher) => matcher.test(file)))];
    }),
  );
}

function readConfigs(readme: string | null): z.output<typeof card>["configs"] | null {
  const head = /^---\r?\n([\s\S]*?)\r?\n---\s*(?:\r?\n|$)/.exec(readme ?? "");
  if (head === null) {
    return null;
  }
  try {
    const result = card.safeParse(parse(head[1], { logLevel: "silent" }));
    return result.success ? result.data.configs : null;
  } catch {
    return null;
  }
}

/** A folder stands for all that lies in it. */
function globPattern(glob: string): RegExp {
  const plain = glob.replace(/^\.?\/+|\/+$/g, "");
  const source = plain.replaceAll(/\*\*\/?|\*|\?|\[[^\]]*\]|\{[^}]*\}|[^*?[{]/g, (part) => {
    if (part.startsWith("**")) {
      return part.endsWith("/") ? "(?:.*/)?" : ".*";
    }
    if (part === "*" || part === "?") {
      return part === "*" ? "[^/]*" : "[^/]";
    }
    if (part.startsWith("[") && part.length > 2) {
      return part.replace(/^\[!/, "[^");
    }
    return part.startsWith("{") && part.length > 2
      ? `(?:${part.slice(1, -1).split(",").map(escapeText).join("|")})`
      : escapeText(part);
  });
  return new RegExp(`^${source}(?:/.*)?$`);
}

const escapeText = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
