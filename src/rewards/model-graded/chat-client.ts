import { connectionFailure, shown } from "../../error-text.ts";
import { retryAfter } from "../../retry-after.ts";
import { askRepeatedly, isPassingStatus, type Outcome } from "../retries.ts";
import type { ChatMessage } from "./prompt.ts";

export interface ChatEndpoint {
  baseUrl: string;
  /** null where none is to be sent. */
  apiKey: string | null;
  retries: number;
  /** Seconds before the first retry; each later one waits twice as long, give or take a quarter. */
  firstWait: number;
}

export interface ChatRequest {
  model: string;
  messages: readonly ChatMessage[];
  [field: string]: unknown;
}

/**
 * The answer of an OpenAI-compatible endpoint. Repeats what failed in passing (no connection, 408, 409, 425, 429, 5xx),
 * after as long as it asks for. Throws an error in one line that never holds the key; the signal's reason once that is
 * aborted.
 */
export async function askChat(
  endpoint: ChatEndpoint,
  request: ChatRequest,
  { signal, deadline }: { signal: AbortSignal; deadline: number },
): Promise<string> {
  const url = chatUrl(endpoint.baseUrl);
  const { retries, firstWait } = endpoint;
  return askRepeatedly({ url, retries, firstWait, signal, deadline }, () =>
    askOnce(url, endpoint, request, signal),
  );
}

export function chatUrl(baseUrl: string): string {
  return `${baseUrl.replace(/\/+$/, "")}/chat/completions`;
}

async function askOnce(
  url: string,
  { apiKey }: ChatEndpoint,
  request: ChatRequest,
  signal: AbortSignal,
): Promise<Outcome<string>> {
  const failure = (reason: string, passing: boolean, wait?: number): Outcome<string> => ({
    kind: "failure",
    reason: apiKey ? reason.replaceAll(apiKey, "***") : reason,
    passing,
    wait,
  });
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(apiKey !== null && { Authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(request),
      signal,
    });
    const text = await response.text();
    if (!response.ok) {
      const passing = isPassingStatus(response.status);
      return failure(`${response.status} ${shown(errorText(text))}`, passing, retryAfter(response));
    }
    const answer = answerText(text);
    return answer === null
      ? failure(`not the answer of a chat: ${shown(text)}`, false)
      : { kind: "answer", answer };
  } catch (error) {
    signal.throwIfAborted();
    return failure(connectionFailure(error), true);
  }
}

/** Endpoints wrap the message in an object, or two. */
function errorText(text: string): string {
  try {
    const { error, message } = JSON.parse(text) as { error?: { message?: unknown }; message?: unknown };
    return String(error?.message ?? error ?? message ?? text);
  } catch {
    return text;
  }
}

function answerText(text: string): string | null {
  try {
    const { choices } = JSON.parse(text) as { choices?: { message?: { content?: unknown } }[] };
    const content = choices?.[0]?.message?.content;
    return typeof content === "string" ? content : null;
  } catch {
    return null;
  }
}
