import { connectionFailure, shown } from "../../../error-text.ts";
import { retryAfter } from "../../../retry-after.ts";
import { askRepeatedly, isPassingStatus, type Outcome } from "../../retries.ts";

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

/** Seconds. */
const firstWait = 0.5;

/**
 * The text of an endpoint's answer. Throws an error in one line, with no header in it, and the signal's reason once that is
 * aborted.
 */
export function requestText(request: EndpointRequest): Promise<string> {
  const { url, retries, signal } = request;
  return askRepeatedly({ url, retries, firstWait, signal }, () => requestOnce(request));
}

/** One try; what may go well the next time is told apart. Throws as `requestText` does, failures aside. */
export async function requestOnce({
  method,
  url,
  headers,
  body,
  mostBytes,
  signal,
}: EndpointRequest): Promise<Outcome<string>> {
  try {
    const response = await fetch(url, {
      method,
      headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal,
    });
    const text = await boundedText(response, mostBytes);
    if (response.ok) {
      return { kind: "answer", answer: text };
    }
    return {
      kind: "failure",
      reason: `${response.status} ${shown(messageIn(text))}`,
      passing: isPassingStatus(response.status),
      wait: retryAfter(response),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AnswerTooLongError) {
      throw error;
    }
    return { kind: "failure", reason: connectionFailure(error), passing: true };
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
