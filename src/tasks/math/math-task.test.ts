import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataError } from "../../errors.ts";
import type { Problem } from "../../pipeline.ts";
import { checkTask } from "../check-task.ts";
import { createTask } from "../registry.ts";
import type { ProblemSet, Task } from "../task.ts";
import { defaultSystemPrompt } from "./parameters.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "math-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, rows: readonly object[]): string {
  const file = join(folder, name);
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return file;
}

function create(parameters: object, warnings: string[] = []): Task {
  return createTask("math", parameters, { seed: 1, warn: (message) => warnings.push(message) });
}

function problems(set: ProblemSet): Problem[] {
  return Array.from({ length: set.size }, (_, index) => set.at(index));
}

it("gives another question or answer another digest, another column is not", () => {
  const digestOf = (row: object): string | undefined => {
    const rows = [row, { question: "2+2?", answer: "4" }];
    return create({ path: write("digest.jsonl", rows), heldOutShare: 0 }).train.digest;
  };
  const asked = digestOf({ question: "1+1?", answer: "2" });
  expect(asked).toMatch(/^[0-9a-f]{16}$/);
  expect(digestOf({ question: "1+1?", answer: "2", source: "a book" })).toBe(asked);
  expect(digestOf({ question: "1+1?", answer: "3" })).not.toBe(asked);
  expect(digestOf({ question: "1 + 1?", answer: "2" })).not.toBe(asked);
});

const count = (size: number) =>
  Array.from({ length: size }, (_, index) => ({ question: `What is ${index} + 1?`, answer: index + 1 }));

describe("math", () => {
  it("takes answer and demonstration from worked text that ends in ####", () => {
    const row = {
      question: "How many?",
      answer: "It is 48/2 = <<48/2=24>>24.\nThen $<<24*50=1200>>1200.\n#### 1,200",
    };
    const path = write("worked.jsonl", [row]);
    expect(create({ path, heldOutShare: 0 }).train.at(0)).toEqual({
      id: `math/${basename(folder)}/worked/1`,
      prompt: [
        { role: "system", content: defaultSystemPrompt },
        { role: "user", content: "How many?" },
      ],
      answer: "1200",
      demonstration: "<think>\nIt is 48/2 = 24.\nThen $1200.\n</think><answer>1200</answer>",
      columns: row,
    });
  });

  it("takes a conversation as it stands, its last message as the demonstration", () => {
    const asked = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "1+1?" },
    ];
    const closing = { role: "assistant", content: "One and one: \\boxed{2}" };
    const rows = [
      { messages: [...asked, closing] },
      { messages: [asked[1], closing], answer: "7" },
      { messages: asked },
      { messages: "1+1?" },
      { messages: [{ role: "tool", content: "1" }, closing] },
    ];
    const warnings: string[] = [];
    const { train } = create(
      {
        path: write("messages.jsonl", rows),
        heldOutShare: 0,
        messagesColumn: "messages",
        systemPrompt: "Be right.",
        unusableRows: "skip",
      },
      warnings,
    );
    expect(problems(train)).toMatchObject([
      { prompt: asked, answer: "2", demonstration: closing.content },
      {
        prompt: [{ role: "system", content: "Be right." }, asked[1]],
        answer: "7",
        demonstration: closing.content,
      },
    ]);
    expect(warnings).toEqual([
      expect.stringContaining('left out 3 unusable rows: row 3: column "messages" is'),
    ]);
    const path = write("no-messages.jsonl", [{ answer: "2" }]);
    expect(() => create({ path, heldOutShare: 0, messagesColumn: "messages" })).toThrow(
      'column "messages" is missing (columns: answer); set "messagesColumn"',
    );
  });

  it("reads columns of any name, with the prompts that were asked for", () => {
    const path = write("columns.jsonl", [{ q: "1+1? $& $1", a: 2, s: " one and one " }]);
    const problem = create({
      path,
      heldOutShare: 0,
      questionColumn: "q",
      answerColumn: "a",
      solutionColumn: "s",
      systemPrompt: "",
      userPrompt: "Q: {question}\nA:",
    }).train.at(0);
    expect(problem).toMatchObject({
      prompt: [{ role: "user", content: "Q: 1+1? $& $1\nA:" }],
      answer: "2",
      demonstration: "<think>\none and one\n</think><answer>2</answer>",
    });
  });

  it("takes `problem` where there is no `question`, and needs no worked text", () => {
    const problem = create({
      path: write("m.jsonl", [{ problem: "x", answer: "\\pi" }]),
      heldOutShare: 0,
    }).train.at(0);
    expect(problem.answer).toBe("\\pi");
    expect(problem).not.toHaveProperty("demonstration");
  });

  it("holds out a share that depends on the split seed alone and is never trained on", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.integer(),
        (size, share, seed) => {
          const parameters = {
            path: write("share.jsonl", count(size)),
            heldOutShare: share,
            splitSeed: seed,
          };
          const heldOut = Math.round(size * share);
          if (heldOut === size) {
            expect(() => create(parameters)).toThrow(/leaves no row to train on/);
            return;
          }
          const task = create(parameters);
          const other = createTask("math", parameters, { seed: 99 });
          expect(problems(task.heldOut)).toEqual(problems(other.heldOut));
          expect(task.heldOut.size).toBe(heldOut);
          const ids = [...problems(task.train), ...problems(task.heldOut)].map(({ id }) => id);
          expect(new Set(ids).size).toBe(size);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("keeps equal questions on one side of the split", () => {
    const rows = [...count(10), ...count(10)];
    const task = create({ path: write("twice.jsonl", rows), heldOutShare: 0.2 });
    const questions = (set: ProblemSet) => problems(set).map(({ columns }) => columns.question);
    const trained = new Set(questions(task.train));
    expect(task.heldOut.size).toBeGreaterThan(0);
    expect(questions(task.heldOut).filter((question) => trained.has(question))).toEqual([]);
  });

  it("takes held-out problems from a second file and warns of questions in both", () => {
    const warnings: string[] = [];
    const path = write("train.jsonl", count(10));
    const heldOutPath = write("test.jsonl", count(12).slice(8));
    const task = create({ path, heldOutPath }, warnings);
    expect([task.train.size, task.heldOut.size]).toEqual([10, 4]);
    expect(new Set([...problems(task.train), ...problems(task.heldOut)].map(({ id }) => id)).size).toBe(14);
    expect(warnings).toEqual([`${path}: 2 of its questions also stand in the held-out file ${heldOutPath}`]);
  });

  const wayOut = 'correct the row or set "unusableRows" to "skip"';
  it.each([
    [{ question: "x", answer: null }, 'column "answer" is null, expected text or a number'],
    [{ question: "x", answer: " " }, 'column "answer" is " ": the reference answer is empty'],
    [
      { question: "x", answer: "work\n#### " },
      'column "answer" is "work\\n#### ": the reference answer is empty',
    ],
    [
      { question: "x", answer: "\\boxed{5" },
      'column "answer" is "\\\\boxed{5": the reference answer has \\boxed but no answer that it marks',
    ],
    [{ question: "x" }, 'column "answer" is missing (columns: question); set "answerColumn"'],
    [
      { text: "x", answer: 1 },
      'column "question" or "problem" is missing (columns: text, answer); set "questionColumn"',
    ],
    [{ question: 5, answer: 1 }, 'column "question" is 5, expected a question'],
  ])("stops at %j or leaves it out, as was asked", (row, reason) => {
    const path = write("unusable.jsonl", [...count(2), row]);
    expect(() => create({ path })).toThrow(new DataError(`${path} row 3: ${reason}; ${wayOut}`));
    const warnings: string[] = [];
    expect(create({ path, heldOutShare: 0, unusableRows: "skip" }, warnings).train.size).toBe(2);
    expect(warnings).toEqual([`${path}: left out 1 unusable rows: row 3: ${reason}`]);
  });

  it("says that no row is usable", () => {
    const path = write("none.jsonl", [{ question: "x", answer: "?" }]);
    expect(() => create({ path, unusableRows: "skip" })).toThrow(
      new DataError(
        `${path} has no usable row; the first: row 1: column "answer" is "?": the reference answer has neither letter nor digit`,
      ),
    );
  });

  it("earns its own full reward", async () => {
    const rows = [...count(5), { question: "y", answer: "so\n#### -7" }, { question: "z", answer: "$x^2$" }];
    expect(await checkTask(create({ path: write("gold.jsonl", rows), heldOutShare: 0.3 }), 100)).toEqual([]);
  });
});
