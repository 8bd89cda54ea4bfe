import { expect, test } from "vitest";
import { ConfigError } from "../../errors.ts";
import { defaultTemplate, findTemplate, templateNames } from "./prompt-template.ts";
import { benchmarkNames, findBenchmark, paperBenchmarks } from "./registry.ts";

test("an unknown benchmark or template is an error with the nearest", () => {
  expect(() => findBenchmark("aime42")).toThrow(ConfigError);
  expect(() => findBenchmark("math500")).toThrow('unknown benchmark "math500"; did you mean "math-500"?');
  expect(() => findTemplate("chat_boxd")).toThrow('unknown template "chat_boxd"; did you mean "chat-boxed"?');
});

test("the benchmarks of the paper's tables are there", () => {
  expect(paperBenchmarks.map((name) => findBenchmark(name).title)).toEqual([
    ...["AIME24", "MATH-500", "AMC23", "Minerva", "OlympiadBench"],
  ]);
  expect(benchmarkNames).toEqual([...paperBenchmarks, "gsm8k"]);
});

test("every template holds the question once, whatever stands in it", () => {
  const question = "What is $& or $1 of {Question}?";
  for (const name of templateNames) {
    const { render, needsChatTemplate } = findTemplate(name);
    const given = render(question);
    const text = typeof given === "string" ? given : given.map(({ content }) => content).join("");
    expect(text.split(question)).toHaveLength(2);
    expect(typeof given === "string").toBe(!needsChatTemplate);
  }
  expect(findTemplate("none").render(question)).toBe(question);
});

test("the default goes through the chat template of a model that has one", () => {
  expect(findTemplate(defaultTemplate({ hasChatTemplate: true })).needsChatTemplate).toBe(true);
  expect(findTemplate(defaultTemplate({ hasChatTemplate: false })).needsChatTemplate).toBe(false);
});
