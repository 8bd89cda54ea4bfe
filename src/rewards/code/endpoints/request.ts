import { setTimeout as sleep } from "node:timers/promises";
import { shown } from "../../../error-text.ts";

export interface EndpointRequest {
  method: "GET" | "POST" | "DELETE";
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
  /** Of what failed in passing: no connection, 408, 409, 425, 429, 5xx. */
  retries: number;
  /** Of the answer; a longer one throws AnswerTooLongError. */
  mostBytes: number;
  signal: AbortSignal;
}

export class AnswerTooLongError extends Error {}

/** Seconds before the first retry; each later one waits twice as long, give or take a quarter. */
const firstWait = 0.5;
const longestWait = 30;

/**
 * The text of an endpoint's answer. Throws an error in one line, with no header in it, and the signal's reason once that is
 * aborted.
 */
export async function requestText(request: EndpointRequest): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const outcome = await requestOnce(request);
    if ("text" in outcome) {
      return outcome.text;
    }
    if (!outcome.passing || attempt >= request.retries) {
      const tries = attempt > 0 ? ` (tried ${attempt + 1} times)` : "";
      throw new Error(`${request.url}: ${outcome.reason}${tries}`);
    }
    const backoff = Math.min(firstWait * 2 ** attempt, longestWait) * (0.75 + Math.random() / 2);
    await sleep(Math.max(backoff, outcome.wait) * 1000, undefined, { signal: request.signal });
  }
}

type Outcome = { text: string } | { reason: string; passing: boolean; wait: number };

async function requestOnce({
  method,
  url,
  headers,
  body,
  mostBytes,
  signal,
}: EndpointRequest): Promise<Outcome> {
  try {
    const response = await fetch(url, {
      method,
      headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal,
    });
    const text = await boundedText(response, mostBytes);
    if (response.ok) {
      return { text };
    }
    const passing = [408, 409, 425, 429].includes(response.status) || response.status >= 500;
    const wait = Number(response.headers.get("Retry-After") ?? 0);
    return {
      reason: `${response.status} ${shown(messageIn(text))}`,
      passing,
      wait: Number.isFinite(wait) ? wait : 0,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AnswerTooLongError) {
      throw error;
    }
    const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
    return { reason: cause?.message || cause?.code || message, passing: true, wait: 0 };
  }
}

async function boundedText({ body }: Response, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > mostBytes) {
      throw new AnswerTooLongError(`the answer has more than ${mostBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function messageIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return String(message ?? text);
  } catch {
    return text;
  }
}
