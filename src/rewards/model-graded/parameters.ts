import { z } from "zod";

const pattern = z.string().refine(isPattern, "it is not a regular expression");

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * `baseUrl`, `model`: an OpenAI-compatible endpoint, such as `http://localhost:8000/v1`.
 * `apiKeyVariable`: environment variable that holds the key; none is sent without it.
 * `prompt`, `systemPrompt`: `{question}`, `{answer}`, `{completion}` and `{columns.NAME}` stand for the problem's and the completion's.
 * `verdict`: where the verdict stands in the model's answer: between the last tags of a name, in a field of the last JSON
 *   object, or in the first group of a pattern's last match.
 * `values`: the number of each verdict in words, in any case; without it the verdict has to be a number.
 * `range`: lowest and highest number; another is an error.
 * `body`: more fields of the request; null leaves one out.
 * `retries`: of a request that failed in passing, with growing waits, or those that the endpoint asks for.
 * `concurrency`: requests at once.
 * `cache`: folder of answers, null for none; by default one in the user's cache.
 */
export const modelGradedParameters = z.strictObject({
  baseUrl: z.url({ protocol: /^https?$/, error: "an http or https address" }),
  model: z.string().min(1),
  apiKeyVariable: z.string().min(1).optional(),
  prompt: z.string().refine((text) => text.includes("{completion}"), "it must hold {completion}"),
  systemPrompt: z.string().default(""),
  verdict: z
    .union([
      z.strictObject({ tag: z.string().regex(/^[\w-]+$/) }),
      z.strictObject({ field: z.string().min(1) }),
      z.strictObject({ pattern }),
    ])
    .default({ tag: "score" }),
  values: z.record(z.string(), z.number()).optional(),
  range: z
    .tuple([z.number(), z.number()])
    .refine(([lowest, highest]) => lowest < highest, "the lowest number comes first")
    .default([0, 1]),
  temperature: z.number().min(0).default(0),
  maxTokens: z.int().min(1).default(1024),
  body: z.record(z.string(), z.unknown()).default({}),
  retries: z.int().min(0).default(4),
  concurrency: z.int().min(1).default(8),
  cache: z.string().min(1).nullable().optional(),
});

export type ModelGradedParameters = z.output<typeof modelGradedParameters>;
