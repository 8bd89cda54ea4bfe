import { createHash } from "node:crypto";
import type { Row } from "../../datasets/row.ts";
import { shown } from "../../error-text.ts";
import { extractFinalAnswer } from "../../rewards/final-answer.ts";
import { splitWorkedAnswer } from "../math/worked-answer.ts";

/** What a benchmark asks, and what it takes for right. */
export interface BenchmarkProblem {
  /** Unique within its benchmark. */
  id: string;
  /** Of question and answers: the same in every copy of the benchmark. */
  key: string;
  question: string;
  /** Any one of them is right. */
  answers: readonly string[];
  /** The texts that upstream's grader reads its answers from; any one of them will do. */
  upstreamGold: readonly string[];
  /** The answer is that of a worked solution, and not just what a column states. */
  isSolved: boolean;
  /** How far off a number may be, where the benchmark says so. */
  tolerance: number | null;
}

/** Where the answers of a benchmark's rows stand. */
export interface AnswerRules {
  /** `solution`: the last box of the worked solution is the answer, and the column `answer` only where there is no solution. */
  answers: "answer" | "solution";
  /** The column whose text upstream's grader reads, and whether it looks there for LaTeX or for plain expressions. */
  upstreamGold: "answer" | "solution";
  upstreamReads: "latex" | "expression";
}

/** A row as a problem, or what is wrong with it, naming column and value. */
export type ReadProblem =
  | { kind: "problem"; problem: BenchmarkProblem }
  | { kind: "unusable"; reason: string };

/** `fallbackId` names the problem where no column does. */
export function toBenchmarkProblem({ columns }: Row, fallbackId: string, rules: AnswerRules): ReadProblem {
  const question = firstText(columns, ["problem", "question"]);
  if (question === null) {
    return { kind: "unusable", reason: `no question in a column "problem" or "question"${present(columns)}` };
  }
  const solution = firstText(columns, ["solution"]);
  const solved = solution === null ? undefined : extractFinalAnswer(solution);
  const stated = answerTexts(columns.answer);
  const isSolved = rules.answers === "solution" && solved !== undefined;
  const answers = isSolved ? [solved] : stated;
  if (answers.length === 0) {
    const found = Object.hasOwn(columns, "answer")
      ? `column "answer" is ${shown(columns.answer)}, expected text, a number or a list of these`
      : `no answer in a column "answer"${rules.answers === "solution" ? ' or a box in "solution"' : ""}${present(columns)}`;
    return { kind: "unusable", reason: found };
  }
  const gold = rules.upstreamGold === "solution" && solution !== null ? [solution] : answers;
  const tolerance = Number(columns.error ?? Number.NaN);
  return {
    kind: "problem",
    problem: {
      id: idOf(columns) ?? fallbackId,
      key: keyOf(question, answers),
      question,
      answers,
      upstreamGold: rules.upstreamReads === "latex" ? gold.map(asLatex) : gold,
      isSolved,
      tolerance: tolerance > 0 ? tolerance : null,
    },
  };
}

type Columns = Row["columns"];

function firstText(columns: Columns, names: readonly string[]): string | null {
  for (const name of names) {
    const value = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (typeof value === "string" && value.trim() !== "") {
      return value;
    }
  }
  return null;
}

/** Worked text in the style of GSM8K gives what stands behind its `####`. */
function answerTexts(value: unknown): string[] {
  return [value].flat().flatMap((one) => {
    const text = typeof one === "number" || typeof one === "string" ? String(one) : "";
    const answer = (splitWorkedAnswer(text)?.answer ?? text).trim();
    return answer === "" ? [] : [answer];
  });
}

function idOf(columns: Columns): string | null {
  const id = columns.id ?? columns.unique_id;
  return typeof id === "number" || typeof id === "bigint" || (typeof id === "string" && id !== "")
    ? String(id)
    : null;
}

function present(columns: Columns): string {
  return ` (columns: ${Object.keys(columns).join(", ") || "none"})`;
}

/** Upstream's LaTeX reader finds nothing outside of delimiters. */
function asLatex(text: string): string {
  return /\$|\\\(|\\\[|\\boxed/.test(text) ? text : `$${text}$`;
}

function keyOf(question: string, answers: readonly string[]): string {
  const parts = [question.trim().replaceAll(/\s+/g, " "), ...answers];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
