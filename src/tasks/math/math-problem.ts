import type { Row } from "../../datasets/row.ts";
import { shown } from "../../error-text.ts";
import type { Message, Problem } from "../../pipeline.ts";
import { readGoldAnswer } from "../../rewards/gold-answer.ts";
import { taggedCompletion } from "../completion.ts";
import { readConversation } from "./conversation.ts";
import type { MathParameters } from "./parameters.ts";
import { splitWorkedAnswer } from "./worked-answer.ts";

/** A row as a problem, or what is wrong with it, naming the column and the value. */
export type MathProblem =
  | { kind: "problem"; question: string; problem: Problem }
  | { kind: "unusable"; reason: string };

export function toMathProblem(row: Row, id: string, parameters: MathParameters): MathProblem {
  if (parameters.messagesColumn !== undefined) {
    return toConversationProblem(row, id, parameters.messagesColumn, parameters);
  }
  const question = readQuestion(row, parameters);
  if (question.kind === "unusable") {
    return question;
  }
  const answer = readAnswer(row, parameters);
  if (answer.kind === "unusable") {
    return answer;
  }
  const work = readSolution(row, parameters) ?? answer.work;
  const problem: Problem = {
    id,
    prompt: toMessages(question.text, parameters),
    answer: answer.value,
    ...(work && { demonstration: taggedCompletion(`\n${work}\n`, answer.value) }),
    columns: row.columns,
  };
  return { kind: "problem", question: question.text, problem };
}

/** Asked as the conversation stands; what closes it is imitated, and holds the answer where no column does. */
function toConversationProblem(row: Row, id: string, name: string, parameters: MathParameters): MathProblem {
  if (!Object.hasOwn(row.columns, name)) {
    return missing([name], "messagesColumn", row);
  }
  const conversation = readConversation(row.columns[name]);
  if (conversation === null) {
    const found = shown(row.columns[name]);
    return {
      kind: "unusable",
      reason: `column "${name}" is ${found}, expected messages that end with the assistant's`,
    };
  }
  const { asked, closing } = conversation;
  const hasAnswer = Object.hasOwn(row.columns, parameters.answerColumn);
  const answer = hasAnswer ? readAnswer(row, parameters) : readGold(closing);
  if (answer.kind === "unusable") {
    return answer;
  }
  const { systemPrompt } = parameters;
  const opened = systemPrompt === "" || asked[0]?.role === "system";
  const problem: Problem = {
    id,
    prompt: opened ? asked : [{ role: "system", content: systemPrompt }, ...asked],
    answer: answer.value,
    demonstration: closing,
    columns: row.columns,
  };
  return { kind: "problem", question: JSON.stringify(asked), problem };
}

function readGold(closing: string): Reading<{ value: string }> {
  const gold = readGoldAnswer(closing);
  return gold.kind === "gold"
    ? { kind: "read", value: gold.value }
    : { kind: "unusable", reason: `the last message: ${gold.reason}` };
}

type Reading<Value> = ({ kind: "read" } & Value) | { kind: "unusable"; reason: string };

function readQuestion(row: Row, { questionColumn }: MathParameters): Reading<{ text: string }> {
  const names = questionColumn === undefined ? ["question", "problem"] : [questionColumn];
  const name = names.find((candidate) => Object.hasOwn(row.columns, candidate));
  if (name === undefined) {
    return missing(names, "questionColumn", row);
  }
  const text = row.columns[name];
  return typeof text === "string" && text.trim() !== ""
    ? { kind: "read", text }
    : { kind: "unusable", reason: `column "${name}" is ${shown(text)}, expected a question` };
}

function readAnswer(
  row: Row,
  { answerColumn: name }: MathParameters,
): Reading<{ value: string; work: string | undefined }> {
  if (!Object.hasOwn(row.columns, name)) {
    return missing([name], "answerColumn", row);
  }
  const column = row.columns[name];
  if (typeof column !== "string" && typeof column !== "number") {
    return { kind: "unusable", reason: `column "${name}" is ${shown(column)}, expected text or a number` };
  }
  const worked = splitWorkedAnswer(String(column));
  const gold = readGoldAnswer(worked?.answer ?? String(column));
  return gold.kind === "gold"
    ? { kind: "read", value: gold.value, work: worked?.work }
    : { kind: "unusable", reason: `column "${name}" is ${shown(column)}: ${gold.reason}` };
}

function readSolution(row: Row, { solutionColumn: name }: MathParameters): string | undefined {
  const solution = name !== undefined && Object.hasOwn(row.columns, name) ? row.columns[name] : undefined;
  return typeof solution === "string" ? solution.trim() || undefined : undefined;
}

function missing(
  names: readonly string[],
  parameter: string,
  row: Row,
): { kind: "unusable"; reason: string } {
  const columns = names.map((name) => `"${name}"`).join(" or ");
  const present = Object.keys(row.columns).join(", ") || "none";
  return {
    kind: "unusable",
    reason: `column ${columns} is missing (columns: ${present}); set "${parameter}"`,
  };
}

function toMessages(question: string, { systemPrompt, userPrompt }: MathParameters): readonly Message[] {
  const user: Message = { role: "user", content: userPrompt.replaceAll("{question}", () => question) };
  return systemPrompt === "" ? [user] : [{ role: "system", content: systemPrompt }, user];
}
