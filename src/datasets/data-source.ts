import { z } from "zod";
import { formatNames } from "./format-names.ts";
import { rowCondition } from "./row-filter.ts";

const text = z.string().min(1);

/**
 * Where rows come from and which of them are taken, in this order: read, renamed, filtered, shuffled, sharded, limited.
 *
 * `path`: a file, a folder, a list of these, or `ORG/NAME` on the hub. `format`: instead of what name and content say.
 * `key`: the key of a JSON file that holds the list of rows. `config`, `split`, `revision`: of a data set with several.
 * `columns`: new names of columns by which they go here, each with the name in the file; the others keep theirs.
 * `shuffle`: a seed. `shard`: every `of`th row, beginning with row `index` from 0.
 * `onBrokenRow`: what a row that cannot be read does: `fatal` stops, `skip` leaves it out, counts it and warns.
 */
export const dataSource = z.strictObject({
  path: z.union([text, z.array(text).min(1)], {
    error: "a file, a folder, a list of these, or ORG/NAME on the hub",
  }),
  format: z.enum(formatNames).optional(),
  key: text.optional(),
  config: text.optional(),
  split: text.optional(),
  revision: text.optional(),
  columns: z.record(text, text).default({}),
  filter: z.array(rowCondition).default([]),
  shuffle: z.int().optional(),
  shard: z
    .strictObject({ index: z.int().min(0), of: z.int().min(1) })
    .refine(({ index, of }) => index < of, "index has to be below of")
    .optional(),
  limit: z.int().min(1).optional(),
  onBrokenRow: z.enum(["fatal", "skip"]).default("fatal"),
});

export type DataSource = z.output<typeof dataSource>;

/** The same where the path may stand elsewhere. */
export const dataDetails = dataSource.partial({ path: true });

export type DataDetails = z.output<typeof dataDetails>;

/** A source whose path stands apart from the rest or with it; null where neither names one. */
export function joinSource(path: string | undefined, details: DataDetails | undefined): DataSource | null {
  const found = path ?? details?.path;
  return found === undefined ? null : { ...dataSource.parse({ path: found }), ...details, path: found };
}
