import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { editJson } from "../../../test/support/damaged-model.ts";
import {
  config,
  examination,
  found,
  rows,
  template,
  type Wrong,
  writeRun,
} from "../../../test/support/examined-run.ts";
import { createSumsTask } from "../../../test/support/sums-run.ts";
import { PreflightError } from "../../errors.ts";
import { predictMemory } from "../predicted-memory.ts";
import { prepareRun } from "../prepared-run.ts";
import type { Recipe } from "../run-config.ts";
import { chatTemplateCheck } from "./chat-template.ts";
import { type Check, examine } from "./check.ts";
import { demonstrationsCheck } from "./demonstrations.ts";
import { diagnose } from "./diagnosis.ts";
import { diskCheck } from "./disk.ts";
import { endTokensCheck } from "./end-tokens.ts";
import type { Finding } from "./finding.ts";
import { goldAnswersCheck } from "./gold-answers.ts";
import { heldOutCheck } from "./held-out.ts";
import { memoryCheck, remedyFor } from "./memory.ts";
import { cheapChecks, preflight } from "./preflight.ts";
import { promptsCheck } from "./prompts.ts";
import { diagnosisReport } from "./report.ts";

const plainTemplate = (text: string) => ({ model: { tokenizerConfig: { chat_template: text } } });
const editTokenizer = (changes: Record<string, unknown>) => ({
  damage: (folder: string) =>
    editJson(path.join(folder, "tokenizer.json"), (content) => ({ ...content, ...changes })),
});
const beginsWithPad = {
  post_processor: {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "<|pad|>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
    pair: [],
    special_tokens: { "<|pad|>": { id: "<|pad|>", ids: [17], tokens: ["<|pad|>"] } },
  },
};

const splitToken: Wrong = {
  ...plainTemplate(`<|1|>${template}`),
  damage: (folder) =>
    editJson(path.join(folder, "tokenizer.json"), (content) => {
      const model = content.model as { vocab: Record<string, number> };
      const { "-": minus, ".": dot, " ": _, ...vocab } = model.vocab;
      // Three characters of the alphabet become those of the marker.
      const free = Object.keys(vocab).find((symbol) => !/^[0-9+=?]$/.test(symbol))!;
      const { [free]: blank, ...rest } = vocab;
      return { ...content, model: { ...model, vocab: { ...rest, "<": minus, "|": dot, ">": blank } } };
    }),
};

test("a sound run has a clean bill", async () => {
  const sound = await examination();
  const findings = await Promise.all(cheapChecks.map((check) => examine(check, sound)));
  expect(findings.flat().map(({ check, severity }) => [check, severity])).toEqual(
    [
      "end-tokens",
      "chat-template",
      "prompts",
      "gold-answers",
      "demonstrations",
      "held-out",
      "disk",
      "memory",
    ].map((check) => [check, "ok"]),
  );
});

test.each<[what: string, check: Check, severity: Finding["severity"], message: RegExp, wrong: Wrong]>([
  [
    "a config with another end token than the generation config",
    endTokensCheck,
    "warning",
    /config\.json has 17 .*generation_config\.json has 18/,
    { model: { config: { ...config, eos_token_id: 17 } } },
  ],
  [
    "a template that ends with a token that nothing ends at",
    endTokensCheck,
    "warning",
    /ends an answer with 16 \(<think>\), which no file names/,
    plainTemplate("{% for m in messages %}{{ m.content }}<think>{% endfor %}"),
  ],
  [
    "a template that ends with no token of the tokenizer",
    endTokensCheck,
    "warning",
    /"=\+", which begins with no added token/,
    plainTemplate("{% for m in messages %}{{ m.content }}=+{% endfor %}"),
  ],
  [
    "conversations for a model without template",
    chatTemplateCheck,
    "failure",
    /no chat template/,
    { model: { tokenizerConfig: {} } },
  ],
  [
    "a control token that the tokenizer splits",
    chatTemplateCheck,
    "failure",
    /writes <\|1\|>, which is 5 tokens/,
    splitToken,
  ],
  [
    "a tokenizer that changes text",
    chatTemplateCheck,
    "failure",
    /problem .*\/rows\/\d+ reads back differently from character \d+: "\+1=\?.* became "-1=\?/,
    editTokenizer({ normalizer: { type: "Replace", pattern: { String: "+" }, content: "-" } }),
  ],
  [
    "a tokenizer that eats blanks",
    chatTemplateCheck,
    "warning",
    /in white space alone/,
    {
      ...plainTemplate(`${template} `),
      ...editTokenizer({ normalizer: { type: "Strip", strip_left: true, strip_right: true } }),
    },
  ],
  [
    "a prompt that begins twice",
    chatTemplateCheck,
    "failure",
    /begins with <\|pad\|> twice/,
    {
      model: {
        tokenizerConfig: { bos_token: "<|pad|>", chat_template: `{{ bos_token }}{{ bos_token }}${template}` },
      },
    },
  ],
  [
    "a prompt that does not begin as the tokenizer begins",
    chatTemplateCheck,
    "warning",
    /does not begin with <\|pad\|>/,
    {
      model: { tokenizerConfig: { bos_token: "<|pad|>", chat_template: template } },
      damage: (folder) =>
        editJson(path.join(folder, "tokenizer.json"), (content) => ({ ...content, ...beginsWithPad })),
    },
  ],
  [
    "a template that opens the think block for a reward that wants it in the completion",
    chatTemplateCheck,
    "warning",
    /^prompts end in <think>, .* reward format pays 0 without it where it would pay 1$/,
    plainTemplate(`${template}{% if add_generation_prompt %}<think>{% endif %}`),
  ],
  [
    "a reward that takes the think block for open where it is not",
    chatTemplateCheck,
    "warning",
    /^prompts do not end in <think>, and reward tags pays 0 where a completion writes it and 1 where it is left out$/,
    {
      recipe: {
        task: { rewards: { accuracy: 1, tags: { weight: 1, reward: "format", thinkInPrompt: true } } },
      },
    },
  ],
  [
    "a template that cannot render",
    chatTemplateCheck,
    "failure",
    /chat template in .* never/,
    plainTemplate("{{ raise_exception('never') }}"),
  ],
  [
    "a prompt that ends the run",
    promptsCheck,
    "failure",
    /^problem math\/.*\/rows\/11: its prompt has 7 tokens, the limit is 6; it is the longest of 10 over the limit \(50\.0%\) in all 20 training prompts$/,
    { recipe: { task: { heldOutShare: 0 }, train: { maxPromptTokens: 6 } } },
  ],
  [
    "many prompts that are left out",
    promptsCheck,
    "warning",
    /10 over the limit .* left out/,
    { recipe: { task: { heldOutShare: 0 }, train: { maxPromptTokens: 6, longPrompts: "skip" } } },
  ],
  [
    "prompts that are all left out",
    promptsCheck,
    "failure",
    /16 over the limit \(100\.0%\)/,
    { recipe: { train: { maxPromptTokens: 2, longPrompts: "skip" } } },
  ],
  [
    "text that has no tokens",
    promptsCheck,
    "failure",
    /"W" is not in the vocabulary/,
    { rows: [{ question: "What?", answer: "1" }], recipe: { task: { heldOutShare: 0 } } },
  ],
  [
    "more prompts a step than there are problems",
    promptsCheck,
    "warning",
    /^a step takes 17 problems of 16: some come more than once in each step$/,
    { recipe: { train: { promptsPerStep: 17 } } },
  ],
  [
    "limits that the model has no room for",
    promptsCheck,
    "failure",
    /exceed the 128 positions/,
    { recipe: { train: { maxPromptTokens: 120 } } },
  ],
  [
    "a gold answer that its reward reads otherwise",
    goldAnswersCheck,
    "warning",
    /^1 of all 20 gold answers earn less than the full reward: problem math\/.*\/rows\/\d+: reward \w+ should pay 1/,
    { rows: [...rows.slice(1), { question: "0+1=?", answer: "<answer>5</answer>\n#### 1" }] },
  ],
  [
    "an algorithm that imitates, without demonstrations",
    demonstrationsCheck,
    "failure",
    /^algorithm sft imitates demonstrations, and problem math\/.* has none; nor have 15 others of 16 of 16 training problems/,
    { recipe: { algorithm: { name: "sft" } } },
  ],
  [
    "a warm start in which one problem has no demonstration",
    demonstrationsCheck,
    "failure",
    /^the warm start imitates demonstrations, and problem math\/.*\/rows\/\d+ of task math has none; nor have 0 others/,
    {
      rows: rows.map((row, i) => (i === 3 ? row : { ...row, answer: `count\n#### ${row.answer}` })),
      recipe: { task: { heldOutShare: 0 }, warmStart: { steps: 1, batchSize: 2, learningRate: 0.001 } },
    },
  ],
  [
    "an evaluation without held-out problems",
    heldOutCheck,
    "failure",
    /^evaluate\.problems is 200, and task math has no held-out problems$/,
    { recipe: { task: { heldOutShare: 0 } } },
  ],
  [
    "checkpoints that do not fit on the disk",
    diskCheck,
    "failure",
    /at most 1000000002 at once \(1000000000 kept, the newest, one being written\)/,
    {
      recipe: {
        train: { steps: 1_000_000_000 },
        checkpoint: { every: 1, keep: 1_000_000_000 },
        evaluate: { problems: 0 },
      },
    },
  ],
  [
    "a model that is larger than the machine",
    memoryCheck,
    "failure",
    /training takes about \d+\.\d TiB|training takes about \d+\.\d GiB/,
    {
      model: {
        config: { ...config, hidden_size: 32_768, intermediate_size: 131_072, num_hidden_layers: 64 },
        storedType: "BF16",
      },
    },
  ],
])("%s", async (_, check, severity, message, wrong) => {
  const finding = await found(check, wrong);
  expect(finding.message).toMatch(message);
  expect(finding).toMatchObject({ check: check.name, severity });
});

test("a recipe's own template that is another model's: the way out is the model's", async () => {
  const { run, ...others } = await examination(splitToken);
  const remedy = async (chatTemplate: string | null) => {
    const own = { ...run, recipe: { ...run.recipe, chatTemplate } };
    return (await examine(chatTemplateCheck, { ...others, run: own }))[0]!.remedy;
  };
  expect(await remedy(template)).toMatch(
    / with --set chatTemplate=null, or add the token to tokenizer\.json$/,
  );
  expect(await remedy(null)).toMatch(/^use the template that belongs to this tokenizer, or/);
});

test("rewards that compare completions, or only take away, say nothing of think tags", async () => {
  const rewards = {
    length: 1,
    repetition_penalty: 1,
    soft_overlong: { weight: 1, maxLength: 100, softLength: 50 },
  };
  expect(await found(chatTemplateCheck, { recipe: { task: { rewards } } })).toMatchObject({ severity: "ok" });
});

test("a run that does not fit is told the fewest settings with which it would", async () => {
  const { run } = await examination({
    recipe: { train: { promptsPerStep: 64 }, sampling: { maxTokens: 64 } },
  });
  const { total } = predictMemory(run, run.recipe);
  const smaller = (compute: Recipe["compute"]): number =>
    predictMemory(run, { ...run.recipe, compute: { ...run.recipe.compute, ...compute } }).total;
  expect(remedyFor(run, total - 1)).toBe("it fits with --set compute.microBatchTokens=1024");
  const both = smaller({ microBatchTokens: 1024, samplerRows: 16 });
  expect(remedyFor(run, both)).toBe(
    "it fits with --set compute.microBatchTokens=1024 --set compute.samplerRows=16",
  );
  expect(remedyFor(run, 1000)).toContain("train an adapter");
});

test("a few prompts that are left out are no reason to worry", async () => {
  const long = { question: "1+1+1+1+1+1=?", answer: "6" };
  const many = Array.from({ length: 30 }, (_, i) => ({ question: `${i}+1=?`, answer: String(i + 1) }));
  const wrong = {
    rows: [...many, long],
    recipe: { task: { heldOutShare: 0 }, train: { maxPromptTokens: 7, longPrompts: "skip" } },
  };
  expect(await found(promptsCheck, wrong)).toMatchObject({
    severity: "ok",
    message: expect.stringContaining("has 14 tokens"),
  });
});

test("a bounded sample of prompts is called one", async () => {
  const [finding] = await examine(promptsCheck, { ...(await examination()), measuredPrompts: 4 });
  expect(finding!.message).toContain("4 of 16 training prompts, evenly spread");
});

test("a reward that no gold answer earns is a failure", async () => {
  const sound = await examination();
  const never = {
    name: "never",
    highest: 1,
    score: () => ({ kind: "unscorable" as const, reason: "it cannot read" }),
  };
  const task = createSumsTask({ rewards: [{ reward: never, weight: 1 }] });
  const [finding] = await examine(goldAnswersCheck, { ...sound, run: { ...sound.run, task } });
  expect(finding).toMatchObject({
    severity: "failure",
    message: expect.stringMatching(
      /^reward never pays nothing for any of all 18 gold answers: problem sums\//,
    ),
  });
});

describe("the preflight of a run", () => {
  async function told(wrong: Wrong, kind: "train" | "evaluate") {
    const { recipe, runFolder } = writeRun(wrong);
    const warnings: string[] = [];
    const run = await prepareRun(recipe, { warn: () => undefined });
    const purpose = kind === "train" ? { kind, runFolder } : { kind };
    const error = await preflight(run, purpose, (text) => warnings.push(text)).catch((thrown) => thrown);
    return { warnings, error };
  }
  const apart: Wrong = { model: { config: { ...config, eos_token_id: 17 } } };

  test("is silent about a sound run", async () => {
    expect(await told({}, "train")).toEqual({ warnings: [], error: undefined });
  });

  test("tells warnings once, with their remedy", async () => {
    const { warnings, error } = await told(apart, "train");
    expect(error).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringMatching(/EOS ids disagree.*; name 17 .* in generation_config\.json/),
    ]);
  });

  test("stops the run at a failure", async () => {
    const both = { ...apart, recipe: { train: { maxPromptTokens: 2 } } };
    const { warnings, error } = await told(both, "train");
    expect(warnings).toHaveLength(1);
    expect(error).toBeInstanceOf(PreflightError);
    expect(error.message).toMatch(
      /its prompt has 7 tokens, the limit is 2; .*; raise train\.maxPromptTokens to 7/,
    );
  });

  test("does not trouble an evaluation with what matters to training alone", async () => {
    const both = { ...apart, recipe: { train: { maxPromptTokens: 2 } } };
    expect(await told(both, "evaluate")).toEqual({ warnings: [], error: undefined });
  });
});

test("task and model that cannot be used are failures both, and the report says how to mend them", async () => {
  const { recipe, runFolder } = writeRun({ rows: [{ question: "", answer: "" }] });
  writeFileSync(path.join(recipe.model as string, "config.json"), "{}");
  const diagnosis = await diagnose(recipe, { runFolder });
  expect(diagnosis).toMatchObject({ recipe: "test", model: null, warnings: 0, failures: 2 });
  const report = diagnosisReport(diagnosis);
  expect(report).toMatch(/^failure {2}task +.*rows\.jsonl row 1: .*\n +-> correct the row .*\n/);
  expect(report).toMatch(/\nfailure {2}model +.*config\.json.*\n +-> .*\n2 failures, 0 warnings\n$/);
  expect(readFileSync(path.join(recipe.model as string, "config.json"), "utf8")).toBe("{}");
});
