import { lookUp } from "../../look-up.ts";
import type { Message } from "../../pipeline.ts";

/** How a benchmark's question is put to a model. */
export interface PromptTemplate {
  /** Messages need a model with a chat template; text is given as it stands. */
  render: (question: string) => string | readonly Message[];
  needsChatTemplate: boolean;
  /** Text that ends a completion. */
  stop: readonly string[];
}

/** The words of MATH_QUERY_TEMPLATE in the `evaluate.py` of open-r1 and open-rs, there adapted from simple-evals and Llama 3. */
const boxedInstruction =
  "Solve the following math problem efficiently and clearly.  The last line of your response should be of the following " +
  "format: 'Therefore, the final answer is: $\\boxed{ANSWER}$. I hope it is correct' (without quotes) where ANSWER is just " +
  "the final number or expression that solves the problem. Think step by step before answering.";

const boxed = (question: string): string => `${boxedInstruction}\n\n${question}`;

/** Of Qwen2.5-Math, as understand-r1-zero gives it to base models too (`qwen_math`). */
const qwenBoxed = (question: string): string =>
  "<|im_start|>system\nPlease reason step by step, and put your final answer within \\boxed{}.<|im_end|>\n" +
  `<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`;

/** Of DeepSeek-R1-Zero, as understand-r1-zero has it (`r1`). */
const r1 = (question: string): string =>
  "A conversation between User and Assistant. The User asks a question, and the Assistant solves it. The Assistant first " +
  "thinks about the reasoning process in the mind and then provides the User with the answer. The reasoning process is " +
  "enclosed within <think> </think> and answer is enclosed within <answer> </answer> tags, respectively, i.e., " +
  "<think> reasoning process here </think> <answer> answer here </answer>.\n" +
  `User: ${question}\nAssistant: <think>`;

const plain = { needsChatTemplate: false, stop: [] };

const templates: Readonly<Record<string, PromptTemplate>> = {
  "chat-boxed": {
    render: (question) => [{ role: "user", content: boxed(question) }],
    needsChatTemplate: true,
    stop: [],
  },
  "plain-boxed": { ...plain, render: boxed },
  "qwen-boxed": { ...plain, render: qwenBoxed },
  r1: { ...plain, render: r1, stop: ["</answer>"] },
  none: { ...plain, render: (question) => question },
};

export const templateNames: readonly string[] = Object.keys(templates);

/** Throws ConfigError for an unknown name, with the known names and the nearest. */
export function findTemplate(name: string): PromptTemplate {
  return lookUp("template", name, templates);
}

/** Upstream's, through the chat template of a model that has one. */
export function defaultTemplate({ hasChatTemplate }: { hasChatTemplate: boolean }): string {
  return hasChatTemplate ? "chat-boxed" : "plain-boxed";
}
