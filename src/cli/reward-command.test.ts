import { expect, test } from "vitest";
import { capturedProgram, lines } from "../../test/support/captured-program.ts";

const run = (rows: readonly (object | string)[], ...args: string[]) =>
  capturedProgram(["reward", ...args], lines(rows));

test("prints one score a case, and the mean of the values", async () => {
  const { code, output, errors } = await run(
    [
      { answer: "4", completion: "<answer>4</answer>" },
      "",
      { answer: 5, completion: "<answer>4</answer>" },
      { answer: "", completion: "<answer>4</answer>" },
    ],
    "accuracy",
  );
  expect({ code, errors }).toEqual({
    code: 0,
    errors: "3 cases, 2 values (1 unscorable, 0 timeouts, 0 errors), mean 0.5\n",
  });
  expect(output).toBe("1\n0\nunscorable: the reference answer is empty\n");
});

test("takes parameters, and scores cases of one group together", async () => {
  const rows = [
    { id: "a", group: 1, answer: "4", completion: "\\boxed{4}" },
    { id: "b", group: 1, answer: "4", completion: "it is \\boxed{4}" },
    { id: "c", group: 2, answer: "4", completion: "\\boxed{4}" },
  ];
  const { code, output } = await run(rows, "length", "--json", "--set", "unit=characters");
  expect(code).toBe(0);
  expect(
    output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { type: "score", id: "a", kind: "value", value: 0.5 },
    { type: "score", id: "b", kind: "value", value: -0.5 },
    { type: "score", id: "c", kind: "value", value: 0 },
    {
      type: "summary",
      reward: "length",
      cases: 3,
      values: 3,
      mean: 0,
      unscorable: 0,
      timeouts: 0,
      errors: 0,
    },
  ]);
});

test("gives no value where the reward looks at tokens that the case does not count", async () => {
  const { output } = await run([{ completion: "x" }, { completion: "x", tokens: 20_000 }], "soft_overlong");
  expect(output).toMatch(/^error: .*NaN.*\n-1\n$/);
});

test("runs the evaluation scorers", async () => {
  const rows = [
    { task: "Depth", choices: ["chair", "table"], answer: "(B)", response: "<answer>the table</answer>" },
    { task: "Depth", choices: ["chair", "table"], answer: "(B)", response: "<answer>(A)</answer>" },
  ];
  expect(await run(rows, "cv_bench")).toEqual({
    code: 0,
    output: "accuracy 0.5\naccuracy/Depth 0.5\n",
    errors: "",
  });
  const { output } = await run(rows, "cv_bench", "--json");
  expect(
    output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { type: "score", row: 1, value: 1 },
    { type: "score", row: 2, value: 0 },
    { type: "summary", scorer: "cv_bench", rows: 2, metrics: { accuracy: 0.5, "accuracy/Depth": 0.5 } },
  ]);
});

test.each<[(object | string)[], string[], number, string]>([
  [["{"], ["accuracy"], 1, "standard input line 1: not valid JSON"],
  [["[]"], ["accuracy"], 1, "standard input line 1: expected a JSON object, found []"],
  [[{ answer: "4" }], ["accuracy"], 1, 'standard input line 1: "completion" cannot be missing'],
  [[], ["acuracy"], 2, 'unknown reward "acuracy"; did you mean "accuracy"?'],
  [[], ["cosine", "--set", "maxLength=0"], 2, 'reward cosine: "maxLength" cannot be 0'],
  [[], ["accuracy", "--export", "x"], 2, "--export x: accuracy is no file"],
  [[{ response: "x" }], ["geoqa"], 1, 'geoqa row 1: "answer" cannot be missing'],
])("refuses %j %j", async (rows, args, code, message) => {
  const result = await run(rows, ...args);
  expect(result).toMatchObject({ code, output: "" });
  expect(result.errors).toContain(message);
});
