import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { startHubServer } from "../../../test/support/hub-server.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { ConfigError, DataError } from "../../errors.ts";
import { findBenchmark } from "../../eval/benchmarks/registry.ts";
import { readBenchmark } from "../../tasks/benchmark/read-benchmark.ts";
import { silence } from "../terminal.ts";
import { locateBenchmark, parseData } from "./benchmark-source.ts";

const originalEnvironment = { ...process.env };
afterEach(() => {
  process.env = { ...originalEnvironment };
});

const row = (problem: string) => `${JSON.stringify({ problem, answer: "7" })}\n`;

/** The questions of a benchmark's rows and what is recorded of their place. */
async function locate(name: string, ...data: string[]) {
  const benchmark = findBenchmark(name);
  const { source, recorded } = await locateBenchmark(name, benchmark, parseData(data, [name]), silence);
  const problems = readBenchmark({ name, source, rules: benchmark.rules }, () => undefined);
  return { questions: problems.map(({ question }) => question), recorded };
}

test("rows are looked for in folders by the names of a benchmark, and its own place comes first", async () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, "benchmarks"));
  const file = path.join(folder, "benchmarks", "aime24.jsonl");
  writeFileSync(file, row("in the folder"));
  expect(await locate("aime24", folder)).toEqual({ questions: ["in the folder"], recorded: file });
  expect((await locate("aime24", path.join(folder, "benchmarks"))).questions).toEqual(["in the folder"]);
  const own = path.join(folder, "mine.jsonl");
  writeFileSync(own, row("mine"));
  expect((await locate("aime24", folder, `aime24=${own}`)).questions).toEqual(["mine"]);
  await expect(locate("amc23", folder)).rejects.toThrow(DataError);
  await expect(locate("amc23", folder)).rejects.toThrow(
    /no rows of amc23 there .* name them with --data amc23=PATH, or leave --data out to take knoveleng\/AMC-23/,
  );
  await expect(locate("amc23", "amc23=none.jsonl")).rejects.toThrow("none.jsonl: there is no such file");
});

test("without data they come from the hub, with the commit", async () => {
  const server = await startHubServer();
  process.env = { ...originalEnvironment, HF_ENDPOINT: server.endpoint, HF_HOME: temporaryFolder() };
  for (const variable of ["HF_TOKEN", "HF_HUB_OFFLINE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"]) {
    delete process.env[variable];
  }
  const { path: repository } = findBenchmark("gsm8k").hub;
  const commit = server.addCommit(`datasets:${repository}`, {
    "README.md":
      "---\nconfigs:\n- {config_name: socratic, data_dir: socratic}\n- {config_name: main, data_dir: main}\n---\n",
    "main/train.jsonl": row("train"),
    "main/test.jsonl": row("test"),
    "socratic/test.jsonl": row("socratic"),
  });
  expect(await locate("gsm8k")).toEqual({ questions: ["test"], recorded: `${repository}@${commit}` });
});

test("data of what is not evaluated, or twice of one, is refused", () => {
  expect(() => parseData(["amc23=a.jsonl"], ["aime24"])).toThrow(ConfigError);
  expect(() => parseData(["amc23=a.jsonl"], ["aime24"])).toThrow(
    "amc23 is not evaluated; add it to --benchmark",
  );
  expect(() => parseData(["amc32=a.jsonl"], ["aime24"])).toThrow('did you mean "amc23"?');
  expect(() => parseData(["aime24=a.jsonl", "aime24=b.jsonl"], ["aime24"])).toThrow(
    "has data already: a.jsonl",
  );
  expect(parseData(["a", "aime24=b=c"], ["aime24"])).toEqual({
    folders: ["a"],
    places: new Map([["aime24", "b=c"]]),
  });
});

test("rows that are no problems are named, and so are ids that stand there twice", async () => {
  const file = path.join(temporaryFolder(), "rows.jsonl");
  const read = (text: string) => {
    writeFileSync(file, text);
    return locate("aime24", `aime24=${file}`);
  };
  await expect(read(`${row("a")}{"problem": "b"}\n`)).rejects.toThrow(
    `${file} row 2: no answer in a column "answer" (columns: problem); correct the row or give other data for aime24`,
  );
  const twice = `${JSON.stringify({ id: "x", problem: "a", answer: 1 })}\n`;
  await expect(read(twice + twice)).rejects.toThrow(`${file} row 2: id x is that of ${file} row 1 too`);
});
