import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { compare } from "./compare.ts";
import { writeRowFiles } from "./row-files.ts";

// Reads files of rows from beginning to end. Megabytes are those of the text that the rows hold.
const { values } = parseArgs({ options: { megabytes: { type: "string", default: "1000" } }, strict: false });
const folder = mkdtempSync(path.join(tmpdir(), "gpgrad-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => process.exit(1));
}
// The peer keeps a cache there.
process.env.HF_HOME = folder;
const files = await writeRowFiles(folder, Number(values.megabytes));
await compare<{ mb_per_s: number; rows: number }>({
  bench: "datasets",
  programs: { ours: "datasets-work", peer: path.resolve("bench/datasets_peer.py") },
  cases: files.map(({ name, file, megabytes }) => {
    const given = ["--file", file, "--megabytes", String(megabytes)];
    return { name: `${name} ${Math.round(statSync(file).size / 1e6)} MB`, ours: given, peer: given };
  }),
  unit: "MB/s",
  figure: ({ mb_per_s }) => mb_per_s,
});
