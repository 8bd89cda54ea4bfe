import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { capturedProgram } from "../../test/support/captured-program.ts";
import { type HeaderOnlyModel, writeHeaderOnlyModel } from "../../test/support/header-only-model.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { inspectionReport } from "./inspection-report.ts";
import { inspectModel } from "./model-inspection.ts";

const end = 18;
const config = {
  model_type: "qwen2",
  vocab_size: 151_936,
  hidden_size: 1536,
  intermediate_size: 8960,
  num_hidden_layers: 28,
  num_attention_heads: 12,
  num_key_value_heads: 2,
  max_position_embeddings: 4096,
  rope_theta: 1e6,
  tie_word_embeddings: true,
  eos_token_id: end,
};
const small = { ...config, vocab_size: 19, hidden_size: 24, intermediate_size: 8, num_hidden_layers: 1 };
const template = (generationPrompt: string) =>
  `{% for message in messages %}{{ message.content }}<|end|>{% endfor %}{% if add_generation_prompt %}${generationPrompt}{% endif %}`;

function inspected(settings: HeaderOnlyModel["config"], more: Omit<HeaderOnlyModel, "config"> = {}) {
  const folder = temporaryFolder();
  writeHeaderOnlyModel(folder, { config: settings, ...more });
  return inspectModel(folder);
}

test("the sizes of Qwen2.5-1.5B add up, in memory and on disk", () => {
  const { parameters, memory, storage, architecture } = inspected(config);
  const total = 1_543_714_304;
  const embeddings = 151_936 * 1536;
  expect(parameters).toEqual({ total, trainable: total, embeddings, embeddingShare: embeddings / total });
  expect(memory).toEqual({
    weights: 4 * total,
    gradients: 4 * total,
    adamwMoments: 8 * total,
    keyValueCachePerToken: 2 * 28 * 2 * 128 * 4,
    keyValueCacheOf8x1024Tokens: 8 * 1024 * 2 * 28 * 2 * 128 * 4,
  });
  expect(storage).toEqual({ bytes: 2 * total, types: { BF16: { tensors: 338, bytes: 2 * total } } });
  expect(architecture).toMatchObject({
    family: "qwen2",
    headSize: 128,
    tiedEmbeddings: true,
    rotaryEmbedding: { theta: 1e6, scaling: null },
  });
});

test("a folder without faults has no warnings", () => {
  const { warnings, endTokenIds, tokenizer, chatTemplate } = inspected(small, {
    storedType: "F32",
    generationConfig: { eos_token_id: [end, 17] },
    tokenizerConfig: { chat_template: template("A:"), model_max_length: 1e30 },
  });
  expect(warnings).toEqual([]);
  expect(endTokenIds).toEqual({
    config: [end],
    generationConfig: [end, 17],
    tokenizer: [end],
    chatTemplate: [end],
  });
  expect(tokenizer).toEqual({
    vocabularySize: 19,
    addedTokens: 3,
    specialTokens: [
      { token: "<|pad|>", id: 17 },
      { token: "<|end|>", id: end },
    ],
    bos: null,
    eos: { token: "<|end|>", id: end },
    pad: { token: "<|pad|>", id: 17 },
  });
  expect(chatTemplate).toEqual({
    file: "tokenizer_config.json",
    example: "What is 2 + 3?<|end|>A:",
    generationPrompt: "A:",
    opensThinkBlock: false,
    answerEnd: "<|end|>",
    endTokenIds: [end],
    problem: null,
  });
});

test.each<[what: string, settings: HeaderOnlyModel["config"], more: object, warning: RegExp]>([
  [
    "nothing named",
    { ...small, eos_token_id: null },
    { tokenizerConfig: { eos_token: null } },
    /no file names an end/,
  ],
  ["ids outside", { ...small, eos_token_id: 99 }, {}, /eos_token_id 99 is not one of the model's 19 tokens/],
  [
    "a config apart",
    { ...small, eos_token_id: 17 },
    { generationConfig: { eos_token_id: end } },
    /config\.json has 17 .*generation_config\.json has 18/,
  ],
  [
    "a tokenizer apart",
    { ...small, eos_token_id: 17 },
    {},
    /tokenizer_config\.json has 18 .*, config\.json has 17/,
  ],
  [
    "a template apart",
    small,
    { tokenizerConfig: { chat_template: "{% for m in messages %}{{ m.content }}<think>{% endfor %}" } },
    /ends an answer with 16 \(<think>\)/,
  ],
  ["no generation config", small, {}, /no generation_config\.json/],
  ["no template", small, {}, /no chat template/],
  [
    "the template of another model",
    small,
    { tokenizerConfig: { chat_template: "{% for m in messages %}{{ m.content }}=+{% endfor %}" } },
    /ends an answer with "=\+", which begins with no added token/,
  ],
  [
    "a broken template",
    small,
    { tokenizerConfig: { chat_template: "{{ raise_exception('never') }}" } },
    /chat template in .* never/,
  ],
  ["spare rows", { ...small, vocab_size: 24 }, {}, /24 rows for 19 tokens: 5 ids/],
  ["too few rows", { ...small, vocab_size: 18 }, {}, /19 tokens but the model only 18 rows/],
  ["narrow weights", small, { storedType: "F16" }, /stored as F16 .* float32/],
  [
    "few positions",
    small,
    { tokenizerConfig: { model_max_length: 5000 } },
    /allows 5000 tokens, the model has 4096/,
  ],
])("warns of %s", (_, settings, more, warning) => {
  expect(inspected(settings, more).warnings).toContainEqual(expect.stringMatching(warning));
});

test("a prompt that opens a think block is told from one that closes it", () => {
  const opens = (prompt: string) =>
    inspected(small, { tokenizerConfig: { chat_template: template(prompt) } }).chatTemplate?.opensThinkBlock;
  expect([opens("<think>\\n"), opens("<think></think>"), opens("")]).toEqual([true, false, false]);
});

test("gpgrad inspect prints a report, one JSON object with --json, and an error in one line", async () => {
  const at = temporaryFolder();
  writeHeaderOnlyModel(at, { config: { ...small, model_type: "llama" } });
  const run = (...args: string[]) => capturedProgram(["inspect", ...args]);
  const report = await run(at);
  expect(report).toEqual({ code: 0, output: inspectionReport(inspectModel(at)), errors: "" });
  expect(report.output).toMatch(/architecture +llama, 1 layers/);
  const json = await run(at, "--json");
  expect(json).toMatchObject({ code: 0, errors: "" });
  expect(json.output.trimEnd()).not.toContain("\n");
  expect(JSON.parse(json.output)).toEqual(inspectModel(at));
  writeFileSync(path.join(at, "config.json"), JSON.stringify({ ...small, hidden_act: "gelu" }));
  expect(await run(at)).toMatchObject({
    code: 1,
    output: "",
    errors: expect.stringMatching(/^error: .*config\.json: hidden_act is "gelu", expected "silu"[^\n]*\n$/),
  });
});
