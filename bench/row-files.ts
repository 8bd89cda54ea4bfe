import { closeSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { createRandom, type RandomStream } from "../src/random.ts";

export interface RowFile {
  name: string;
  file: string;
  /** JSON Lines: of the file. Parquet: of the decoded values. */
  megabytes: number;
}

type Problem = Record<"id" | "problem" | "solution" | "answer", string> & { level: number };

const texts = ["id", "problem", "solution", "answer"] as const;
/** About a hundred megabytes a row group, as pyarrow would write them. */
const groupRows = 100_000;

/** The same made-up problems, about a kilobyte each, as JSON Lines and as Parquet packed with snappy. */
export async function writeRowFiles(folder: string, megabytes: number): Promise<RowFile[]> {
  const lines = { name: "JSON Lines", file: path.join(folder, "rows.jsonl"), megabytes: 0 };
  const columnar = { name: "Parquet", file: path.join(folder, "rows.parquet"), megabytes: 0 };
  const descriptor = openSync(lines.file, "w");
  const required = { repetition_type: "REQUIRED" } as const;
  const writer = new ParquetWriter({
    writer: fileWriter(columnar.file),
    schema: [
      { name: "root", num_children: texts.length + 1 },
      ...texts.map((name) => ({ name, type: "BYTE_ARRAY", converted_type: "UTF8", ...required }) as const),
      { name: "level", type: "INT32", ...required },
    ],
    codec: "SNAPPY",
  });
  const random = createRandom(1);
  let group: Problem[] = [];
  const writeGroup = async (): Promise<void> => {
    const columnData = [...texts, "level" as const].map((name) => ({
      name,
      data: group.map((row) => row[name]),
    }));
    await writer.write({ columnData, rowGroupSize: groupRows });
    group = [];
  };
  for (let number = 0; lines.megabytes < megabytes; number++) {
    const row = makeProblem(random, number);
    lines.megabytes += writeSync(descriptor, `${JSON.stringify(row)}\n`) / 1e6;
    columnar.megabytes += (texts.reduce((sum, name) => sum + row[name].length, 0) + 4) / 1e6;
    group.push(row);
    if (group.length === groupRows) {
      await writeGroup();
    }
  }
  closeSync(descriptor);
  await writeGroup();
  await writer.finish();
  return [lines, columnar];
}

function makeProblem(random: RandomStream, number: number): Problem {
  const text = (words: number) =>
    Array.from({ length: words }, () => vocabulary[random.integer(vocabulary.length)]).join(" ");
  return {
    id: `problem/${number}`,
    problem: text(50),
    solution: text(100),
    answer: String(random.integer(10_000)),
    level: 1 + random.integer(5),
  };
}

const vocabulary = Array.from({ length: 5000 }, (_, seed) => {
  const random = createRandom(seed);
  return Array.from({ length: 2 + random.integer(9) }, () =>
    String.fromCharCode(97 + random.integer(26)),
  ).join("");
});
