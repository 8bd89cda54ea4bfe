import { parseArgs } from "node:util";
import { locateDataFiles } from "../src/datasets/data-files.ts";
import { dataSource } from "../src/datasets/data-source.ts";
import { streamRows } from "../src/datasets/row-stream.ts";

// Our side of `datasets_peer.py`: every row of a file as an object.
const { values } = parseArgs({ options: { file: { type: "string" }, megabytes: { type: "string" } } });
const source = dataSource.parse({ path: values.file });
const start = performance.now();
let rows = 0;
for await (const { columns } of streamRows(locateDataFiles(source), source)) {
  rows += columns.id === undefined ? 0 : 1;
}
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ mb_per_s: Math.round(Number(values.megabytes) / seconds), rows }));
