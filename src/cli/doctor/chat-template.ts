import { shown } from "../../error-text.ts";
import type { Problem } from "../../pipeline.ts";
import { spread } from "../../tasks/spread.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Check, Examination } from "./check.ts";
import { chats, matchingTemplate } from "./end-tokens.ts";
import { type Finding, failure, ok, warning } from "./finding.ts";
import { thinkTagFindings } from "./think-tags.ts";

const triedPrompts = 4;
const check = "chat-template";

const clockFinding = warning(
  check,
  "the chat template writes the time of day or the date (strftime_now): prompts change from day to day, and a run that goes on tomorrow is not the run that today's would have been",
  "give a template with a fixed date in its place as chatTemplate",
);

/** How the control tokens of chat templates look, with bars or with the full-width bars of DeepSeek. */
const controlToken = /<[|｜][^<>|｜\s]{1,40}[|｜]>/g;

/** Renders prompts and reads their tokens back. */
export const chatTemplateCheck: Check = {
  name: check,
  examine: async (examination) => {
    const { run, facts } = examination;
    const { task, description } = run;
    const isChat = chats(task);
    const findings: Finding[] = [];
    if (isChat && facts.template === null) {
      const remedy = "put its chat_template.jinja into the model's folder, or train a model that has one";
      return [
        failure(check, `task ${task.name} asks in conversations, but the model has no chat template`, remedy),
      ];
    }
    if (isChat && facts.template !== null) {
      findings.push(...splitTokens(facts.template.example ?? "", examination));
    }
    const [first] = spread(task.train, 1);
    if (first !== undefined) {
      findings.push(...(await thinkTagFindings(run, first, rendered(first, description.tokenizer))));
    }
    for (const problem of spread(task.train, triedPrompts)) {
      const found = [...readBack(problem, description.tokenizer), ...beginnings(problem, examination)];
      findings.push(...found);
      if (found.length > 0) {
        break;
      }
    }
    if (isChat && description.chatTemplate?.text.includes("strftime_now")) {
      findings.push(clockFinding);
    }
    if (findings.length > 0) {
      return findings;
    }
    return [
      ok(
        check,
        isChat
          ? "prompts read back as they were rendered, and control tokens are whole"
          : "the task's prompts are plain text, which reads back as it was",
      ),
    ];
  },
};

function rendered({ prompt }: Problem, tokenizer: Tokenizer): string {
  return typeof prompt === "string"
    ? prompt
    : tokenizer.applyChatTemplate(prompt, { addGenerationPrompt: true });
}

function splitTokens(example: string, { run: { recipe, description } }: Examination): Finding[] {
  return [...new Set(example.match(controlToken))].flatMap((marker) => {
    const pieces = description.tokenizer.encode(marker).length;
    return pieces === 1
      ? []
      : [
          failure(
            check,
            `the chat template writes ${marker}, which is ${pieces} tokens to the tokenizer and not one`,
            `${matchingTemplate(recipe)}, or add the token to tokenizer.json`,
          ),
        ];
  });
}

function readBack(problem: Problem, tokenizer: Tokenizer): Finding[] {
  // Tokenizers that normalise to NFC change how a character is written, not which it is.
  const text = rendered(problem, tokenizer).normalize("NFC");
  const back = tokenizer.decode(tokenizer.encode(text)).normalize("NFC");
  if (back === text) {
    return [];
  }
  const at = firstDifference(text, back);
  const message = `the prompt of problem ${problem.id} reads back differently from character ${at}: ${shown(text.slice(at, at + 20))} became ${shown(back.slice(at, at + 20))}`;
  return withoutBlanks(text) === withoutBlanks(back)
    ? [
        warning(
          check,
          `${message}, in white space alone`,
          "nothing, if the model was trained with this tokenizer",
        ),
      ]
    : [failure(check, message, "use the tokenizer that belongs to this model; this one loses text")];
}

function beginnings(problem: Problem, { run, facts: { beginTokenId } }: Examination): Finding[] {
  if (beginTokenId === null) {
    return [];
  }
  const { tokenizer, codec } = run.description;
  const tokenIds = codec.encodePrompt(problem.prompt);
  const token = tokenizer.decode([beginTokenId]);
  if (tokenIds[0] === beginTokenId && tokenIds[1] === beginTokenId) {
    return [
      failure(
        check,
        `the prompt of problem ${problem.id} begins with ${token} twice, which models do not know`,
        "take it out of the chat template or of the prompt",
      ),
    ];
  }
  const plain = tokenizer.encode("", { addSpecialTokens: true });
  return plain[0] === beginTokenId && tokenIds[0] !== beginTokenId
    ? [
        warning(
          check,
          `the prompt of problem ${problem.id} does not begin with ${token}, with which the tokenizer begins any text`,
          "let the chat template write bos_token first, if the model was trained so",
        ),
      ]
    : [];
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) {
    at++;
  }
  return at;
}

function withoutBlanks(text: string): string {
  return text.replaceAll(/\s+/g, "");
}
