import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Comparison } from "../../src/cli/rescore/comparison.ts";
import { readStoredGroups, rolloutFiles } from "../../src/trainer/stored-rollouts.ts";
import { gpgrad, jsonLines } from "../support/gpgrad.ts";

const recipe = "test/support/tiny.yaml";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gpgrad-rewards-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, source: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, source);
  return file;
}

const set = (...values: string[]) => values.flatMap((value) => ["--set", value]);
const rewards = (entries: object[]) => set(`task.rewards=${JSON.stringify(entries)}`);
const short = set("warmStart.steps=2", "train.steps=2", "algorithm.maxResampleRounds=0");

interface Result {
  type: string;
  completion: string;
  scores: { mine: { kind: string } };
}

interface Step {
  type: string;
  step: number;
  message: string;
  signal: { timeouts: number; errors: number; sampledCompletions: number } | null;
}

function journal(run: string): Step[] {
  return jsonLines(readFileSync(path.join(run, "journal.jsonl"), "utf8")) as unknown as Step[];
}

/** Needs more than the age of the universe for an `a` and longer ones for each `a` more. */
const hangs = (condition: string) => `import type { RewardContext } from "gpgrad";

const endless: RegExp = /^(?:a+)+$/;

export default function score({ completion, problem }: RewardContext, { bonus }: { bonus: number }): number {
  const isTrouble: boolean = ${condition};
  if (isTrouble) {
    return Number(endless.test("a".repeat(80) + "!"));
  }
  return bonus + Number(completion.includes(problem.answer)) + (problem.columns.level as number);
}
`;

describe("a reward of the user's own with an endless regular expression", () => {
  const run = () => path.join(folder, "run");
  let file: string;
  beforeAll(async () => {
    file = write("sometimes.ts", hangs("!completion.includes('<think>') && completion.length % 3 === 0"));
    const entries = [
      { name: "mine", file, timeLimit: 0.1, parameters: { bonus: 0.5 } },
      { name: "format", weight: 0.1 },
    ];
    const limit = set("train.unscoredShareLimit=0.95");
    const finished = await gpgrad(
      "train",
      recipe,
      "--output",
      run(),
      ...rewards(entries),
      ...short,
      ...limit,
    );
    expect(finished).toMatchObject({ code: 0 });
    expect(finished.output).toMatch(/· \d+ of 16 without a reward ·/);
  });

  test("costs those completions their reward, and the run goes on", async () => {
    const steps = journal(run()).filter(({ type, signal }) => type === "step" && signal !== null);
    expect(steps).toHaveLength(2);
    const files = rolloutFiles(path.join(run(), "rollouts"));
    for (const [index, { signal }] of steps.entries()) {
      const rollouts = (await readStoredGroups(files[index])).flatMap((group) => group.rollouts);
      const hung = rollouts.filter(
        ({ completion }) => !completion.includes("<think>") && completion.length % 3 === 0,
      );
      expect(hung.length).toBeGreaterThan(0);
      expect(signal).toMatchObject({ timeouts: hung.length, errors: 0, sampledCompletions: 16 });
      for (const rollout of rollouts) {
        const isHung = hung.includes(rollout);
        expect(rollout.reward === null).toBe(isHung);
        expect(rollout.rewards.format).not.toBeNull();
        expect(rollout.unscoredReason).toBe(isHung ? "reward mine gave no verdict within 0.1 seconds" : null);
        if (!isHung) {
          expect(rollout.rewards.mine).toBeGreaterThanOrEqual(1.5);
        }
      }
    }
    const warnings = journal(run()).filter(({ type }) => type === "warning");
    expect(warnings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(
        /^reward mine failed on \d+ of 16 completions, first: .*no verdict within 0.1 seconds/,
      ),
    );
  });

  test("does the same to an evaluation", async () => {
    const { code, output, errors } = await gpgrad("eval", run(), "--json");
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    const lines = jsonLines(output) as unknown as Result[];
    const results = lines.filter(({ type }) => type === "result");
    expect(results).toHaveLength(5);
    for (const { completion, scores } of results) {
      const hung = !completion.includes("<think>") && completion.length % 3 === 0;
      expect(scores.mine.kind).toBe(hung ? "timeout" : "value");
    }
  });

  test("can be scored again by itself, by another and beside the others", async () => {
    const own = await gpgrad("rescore", run(), "--reward", "mine", "--json");
    expect(own.errors).toBe("");
    const [{ changes, timeouts, groups, informativeGroups }] = jsonLines(own.output) as unknown as [
      Comparison,
    ];
    expect(changes).toMatchObject({ higher: 0, lower: 0, "newly-scored": 0, "newly-unscored": 0 });
    expect(timeouts).toBe(changes["still-unscored"]);
    expect(groups).toBe(8);
    expect(informativeGroups.before).toBe(informativeGroups.after);

    const more = await gpgrad("rescore", run(), "--reward", "mine", "--set", "bonus=0.75", "--json");
    const lines = jsonLines(more.output);
    const summary = lines.at(-1) as unknown as Comparison;
    expect(summary.changes).toMatchObject({ same: 0, lower: 0 });
    expect(summary.changes.higher).toBe(lines.length - 1);
    expect(summary.mean.after! - summary.mean.before!).toBeCloseTo(0.25, 12);

    const mended = write("mended.mjs", "export const one = () => 1;");
    const other = await gpgrad(
      ...["rescore", run(), "--reward", mended, "--instead-of", "mine", ...set("export=one", "weight=2")],
    );
    expect(other.code).toBe(0);
    expect(other.output).toContain(`${mended} instead of mine: 32 completions of 2 steps scored again`);
    expect(other.output).toMatch(/scored now and not before/);

    const beside = await gpgrad("rescore", run(), "--reward", "accuracy");
    expect(beside.code).toBe(0);
    expect(beside.output).toContain("accuracy beside the run's own rewards");
  });

  test("is refused under another name", async () => {
    const { code, errors } = await gpgrad("rescore", run(), "--reward", "format", "--instead-of", "mien");
    expect(errors).toMatch(
      /^error: --instead-of mien: the run has no such reward; did you mean "mine"\?.*\n$/,
    );
    expect(code).toBe(2);
    const nothing = await gpgrad("rescore", folder, "--reward", "format");
    expect(nothing.errors).toMatch(/^error: .*: no run with rollouts is there; .*\n$/);
  });

  test("over the set share stops the run, with a checkpoint to go on from", async () => {
    const always = write("always.ts", hangs("!completion.startsWith('<think>')"));
    const stopped = path.join(folder, "stopped");
    const args = [
      ...["train", recipe, "--output", stopped, ...short, ...set("checkpoint.rollingEvery=100")],
      ...rewards([{ name: "mine", file: always, timeLimit: 0.1, parameters: { bonus: 0 } }]),
    ];
    const { code, errors } = await gpgrad(...args);
    expect(errors).toMatch(
      /^error: step 3 was not learned from: \d.*% of its completions have no reward, the limit is 50%; first reason: reward mine gave no verdict within 0.1 seconds; .*then resume\n$/,
    );
    expect(code).toBe(1);
    expect(existsSync(path.join(stopped, "checkpoints/step-000002/model.safetensors"))).toBe(true);

    writeFileSync(always, hangs("false"));
    const resumed = await gpgrad(...args, "--resume");
    expect(resumed.code).toBe(0);
    expect(journal(stopped).at(-1)).toMatchObject({ type: "run-finished", step: 4 });
  });
});

test("a run asks a model, and one that fails or never answers costs completions their reward and not the run", async () => {
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume();
    const turn = asked++ % 4;
    if (turn === 0) {
      // Never answered.
    } else if (turn === 1) {
      response.writeHead(500).end("broken");
    } else {
      const content = `<score>${turn === 2 ? 0.25 : 1}</score>`;
      response.end(JSON.stringify({ choices: [{ message: { content } }] }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const parameters = {
      baseUrl: `http://127.0.0.1:${port}/v1`,
      model: "judge",
      prompt: "{question} {completion}",
      retries: 0,
      cache: null,
    };
    const run = path.join(folder, "judged");
    const entries = [{ name: "judge", reward: "model_graded", timeLimit: 0.5, parameters }];
    const limit = set("train.unscoredShareLimit=0.95", "evaluate.problems=0");
    const finished = await gpgrad("train", recipe, "--output", run, ...rewards(entries), ...short, ...limit);
    expect(finished.code).toBe(0);
    for (const [index, { signal }] of journal(run)
      .filter(({ type, signal }) => type === "step" && signal !== null)
      .entries()) {
      const [file] = rolloutFiles(path.join(run, "rollouts")).slice(index);
      const rollouts = (await readStoredGroups(file!)).flatMap((group) => group.rollouts);
      const because = (words: string) =>
        rollouts.filter(({ unscoredReason }) => unscoredReason?.includes(words)).length;
      expect(signal!.timeouts).toBe(because("no answer within 0.5 seconds"));
      expect(signal!.errors).toBe(because('500 "broken"'));
      expect(signal!.timeouts + signal!.errors).toBeGreaterThan(0);
      expect(rollouts.some(({ reward }) => reward === 0.25 || reward === 1)).toBe(true);
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

describe("a reward file that cannot be used", () => {
  test.each<[what: string, source: string | null, entry: object, words: string]>([
    ["is not there", null, {}, "FILE: the reward cannot be read: there is no such file"],
    ["cannot be parsed", "\n\nexport default (=> 1;", {}, "FILE:3: "],
    [
      "has no such export",
      "export const score = () => 1;",
      { export: "scroe" },
      'FILE: there is no export "scroe"; did you mean "score"?',
    ],
    ["exports something else", "// 1\nexport default 1;", {}, "FILE:2: export default is of type number"],
    ["answers with something else", "\nexport default () => 'good';", {}, 'FILE:2: the reward gave "good"'],
    ["throws", "export default () => {\n  return missing;\n};", {}, "FILE:2: missing is not defined"],
    [
      "prints and never answers",
      "export default () => { console.log('{}'); for (;;); };",
      { timeLimit: 0.2 },
      "gave no verdict within 0.2 seconds",
    ],
  ])("because it %s is one line, before any work", async (what, source, entry, words) => {
    const file =
      source === null ? path.join(folder, "nowhere.ts") : write(`${what.replaceAll(" ", "-")}.ts`, source);
    const output = path.join(folder, "refused");
    const finished = await gpgrad("train", recipe, "--output", output, ...rewards([{ file, ...entry }]));
    expect(finished.errors.replace(/^\{\}\n/gm, "")).toMatch(
      /^error: task.rewards: [^\n]+\n$|^error: [^\n]+\n$/,
    );
    expect(finished.errors).toContain(words.replace("FILE", file));
    expect({ code: finished.code, output: finished.output }).toEqual({ code: 2, output: "" });
    expect(existsSync(output)).toBe(false);
  });
});

describe("the types of the package", () => {
  const mistakes = (sources: readonly string[]): string[] => {
    const files = sources.map((source, index) => write(`typed-${index}.ts`, source));
    const program = ts.createProgram(files, {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: [],
    });
    return ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
  };
  beforeAll(() => {
    mkdirSync(path.join(folder, "node_modules"));
    symlinkSync(path.resolve("."), path.join(folder, "node_modules/gpgrad"), "dir");
  });

  test("fit the rewards that the documentation shows", () => {
    const documented = readFileSync("docs/rewards.md", "utf8").matchAll(/^```ts\n(.*?)^```$/gms);
    const sources = [...documented].map((match) => match[1]!);
    expect(sources.length).toBeGreaterThan(1);
    expect(mistakes(sources)).toEqual([]);
  });

  test("catch a wrong one", () => {
    const source = `import type { RewardFunction } from "gpgrad";
const wrong: RewardFunction = ({ completion }) => completion;
export default wrong;
`;
    expect(mistakes([source])).toEqual([expect.stringContaining("not assignable")]);
  });
});
