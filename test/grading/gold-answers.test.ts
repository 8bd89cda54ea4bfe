import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { gradeMath } from "../../src/rewards/math-equal.ts";
import { dataFolder } from "../parity/data.ts";

/** How far apart the answers are that are paired up to be different. */
const shifts = [1, 7, 31];

const files = ["benchmarks", "gsm8k"].flatMap((name) => {
  const { folder, absent } = dataFolder(name);
  return absent
    ? []
    : readdirSync(folder)
        .filter((file) => file.endsWith(".jsonl"))
        .map((file) => path.join(folder, file));
});

/** The gold answers of a file: a column `answer` of a text or texts, behind `####` where that stands. */
function goldAnswers(file: string): string[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { answer?: unknown }).answer)
    .filter((answer) => typeof answer === "string" || Array.isArray(answer))
    .map((answer) => [answer].flat().join(", "))
    .map((answer) =>
      answer
        .slice(answer.lastIndexOf("####") + 1)
        .replace(/^###/, "")
        .trim(),
    );
}

function boxed(answer: string): string {
  return `So the answer is $\\boxed{${answer.replaceAll(/^\$|\$$/g, "")}}$.`;
}

function simple(answer: string): string {
  return answer.replaceAll(/[\s$,]|\\left|\\right|\\text|[{}]/g, "").toLowerCase();
}

/** Whether two different gold answers say the same; the second opinion is the compat mode's. */
function coincide(a: string, b: string): boolean {
  return (
    simple(a) === simple(b) ||
    Number(simple(a)) === Number(simple(b)) ||
    gradeMath(`$${a}$`, boxed(b), { compat: "math-verify" }).verdict === "equal"
  );
}

describe.skipIf(files.length === 0)("real gold answers", () => {
  it.each(files)("of %s grade themselves equal and others different", (file) => {
    const answers = goldAnswers(file);
    const refused = answers.filter(
      (answer) =>
        gradeMath(answer, boxed(answer)).verdict !== "equal" ||
        gradeMath(`$${answer.replaceAll(/^\$|\$$/g, "")}$`, boxed(answer)).verdict !== "equal",
    );
    const pairs = shifts.flatMap((shift) =>
      answers.map((answer, index) => [answer, answers[(index + shift) % answers.length]!] as const),
    );
    const confused = pairs.filter(
      ([answer, other]) => gradeMath(answer, boxed(other)).verdict === "equal" && !coincide(answer, other),
    );
    console.log(
      `${path.basename(file)}: ${answers.length} gold answers, ${refused.length} refuse themselves, ${confused.length} of ${pairs.length} others taken for them`,
    );
    expect(refused).toEqual([]);
    expect(confused).toEqual([]);
  });
});
