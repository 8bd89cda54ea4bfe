import { expect, test } from "vitest";
import { formatModelReference, parseModelReference } from "./model-reference.ts";

test.each([
  ["Qwen/Qwen2.5-0.5B", "Qwen/Qwen2.5-0.5B", null],
  ["a/b", "a/b", null],
  ["deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B@main", "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", "main"],
  ["a_b/c.d@v1.0", "a_b/c.d", "v1.0"],
  ["a/b@refs/pr/12", "a/b", "refs/pr/12"],
  [`a/b@${"0f".repeat(20)}`, "a/b", "0f".repeat(20)],
])("%s is a model of the hub", (text, name, revision) => {
  const reference = parseModelReference(text);
  expect(reference).toEqual({ name, revision });
  expect(formatModelReference(reference!)).toBe(text);
});

test.each([
  ["gpt2"],
  ["runs/tiny/checkpoints"],
  ["./org/name"],
  ["../model"],
  ["/org/name"],
  ["~/model"],
  ["org/name/"],
  ["org/"],
  ["/name"],
  ["org/na me"],
  ["org/na--me"],
  ["org/na..me"],
  ["org/-name"],
  ["org/name."],
  ["org/name.git"],
  [`org/${"n".repeat(97)}`],
  ["org/name@"],
  ["org/name@../../x"],
  ["org/name@/x"],
  ["org/name@a//b"],
  ["org/name@a/"],
  ["org/name@a b"],
  ["org/name@a\\b"],
  ["https://huggingface.co/org/name"],
  ["org\\name"],
  [""],
])("%j is none", (text) => {
  expect(parseModelReference(text)).toBeNull();
});
