import { ConfigError, errorMessage } from "../../errors.ts";
import { parseParameters } from "../../parse-parameters.ts";
import type { Score } from "../../pipeline.ts";
import { createGate } from "../gate.ts";
import { TooLongWaitError } from "../retries.ts";
import type { GroupReward, RewardContext } from "../reward.ts";
import { cacheKey, defaultCacheFolder, openAnswerCache } from "./answer-cache.ts";
import { askChat, type ChatEndpoint, type ChatRequest, chatUrl } from "./chat-client.ts";
import { type ModelGradedParameters, modelGradedParameters } from "./parameters.ts";
import { gradingMessages } from "./prompt.ts";
import { readVerdict } from "./verdict.ts";

export interface ModelGradedOptions {
  name: string;
  /** Seconds of one call, from the moment it gets its turn, retries included. */
  timeLimit: number;
  /** Seconds; see `ChatEndpoint`. */
  firstWait?: number;
}

/**
 * A reward that asks a model. It waits and does not compute, so it runs where it is made, with an end to every wait.
 * Throws ConfigError for a parameter that cannot be used, or a key that is not in the environment.
 */
export function createModelGradedReward(given: unknown, options: ModelGradedOptions): GroupReward {
  const { name, timeLimit, firstWait = 0.5 } = options;
  const parameters = parseParameters(modelGradedParameters, given, `reward ${name}`);
  const { baseUrl, retries, range, concurrency } = parameters;
  const endpoint: ChatEndpoint = { baseUrl, retries, firstWait, apiKey: apiKeyOf(parameters, name) };
  const url = chatUrl(baseUrl);
  const folder = parameters.cache === undefined ? defaultCacheFolder() : parameters.cache;
  const cache = folder === null ? null : openAnswerCache(folder);
  const gate = createGate(concurrency);
  const asked = new Map<string, Promise<Score>>();

  const ask = async (request: ChatRequest, key: string): Promise<Score> => {
    const cached = await cache?.read(key);
    if (cached !== null && cached !== undefined) {
      return { kind: "value", value: readVerdict(cached, parameters) };
    }
    return gate(async () => {
      const signal = AbortSignal.timeout(timeLimit * 1000);
      const deadline = performance.now() + timeLimit * 1000;
      const answer = await askChat(endpoint, request, { signal, deadline }).catch((error: unknown) => {
        if (signal.aborted) {
          throw new TooLongWaitError(`${url}: no answer within ${timeLimit} seconds`);
        }
        throw error;
      });
      const value = readVerdict(answer, parameters);
      cache?.write(key, answer);
      return { kind: "value", value };
    });
  };

  const judge = async (context: RewardContext): Promise<Score> => {
    try {
      const request = requestOf(parameters, context);
      const key = cacheKey(url, request);
      // Completions of one group are often the same.
      const score = asked.get(key) ?? ask(request, key).finally(() => asked.delete(key));
      asked.set(key, score);
      return await score;
    } catch (error) {
      const kind = error instanceof TooLongWaitError ? "timeout" : "error";
      return { kind, reason: `reward ${name}: ${errorMessage(error)}` };
    }
  };

  return {
    name,
    highest: range[1],
    goldEarnsHighest: false,
    scoreGroup: (contexts) => Promise.all(contexts.map(judge)),
  };
}

function apiKeyOf({ apiKeyVariable }: ModelGradedParameters, name: string): string | null {
  if (apiKeyVariable === undefined) {
    return null;
  }
  const key = process.env[apiKeyVariable]?.trim();
  if (!key) {
    throw new ConfigError(
      `reward ${name}: the environment variable ${apiKeyVariable} is not set; export it, or leave "apiKeyVariable" out`,
    );
  }
  return key;
}

function requestOf(parameters: ModelGradedParameters, context: RewardContext): ChatRequest {
  const { model, temperature, maxTokens, body } = parameters;
  const fields = { temperature, max_tokens: maxTokens, ...body };
  const given = Object.entries(fields).filter(([, value]) => value !== null);
  return { model, messages: gradingMessages(parameters, context), ...Object.fromEntries(given) };
}
