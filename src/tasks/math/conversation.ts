import type { Message } from "../../pipeline.ts";

/** What is asked, and the answer that closes it. */
export interface Conversation {
  asked: readonly Message[];
  closing: string;
}

const roles: readonly string[] = ["system", "user", "assistant"] satisfies Message["role"][];

/** A list of messages `{role, content}` that ends with the assistant's; null for anything else. */
export function readConversation(value: unknown): Conversation | null {
  const messages = Array.isArray(value) ? value.map(readMessage) : [null];
  const asked = messages.slice(0, -1);
  const last = messages.at(-1);
  if (messages.includes(null) || last?.role !== "assistant" || !asked.some((each) => each?.role === "user")) {
    return null;
  }
  return { asked: asked as Message[], closing: last.content };
}

function readMessage(value: unknown): Message | null {
  const { role, content } = (value ?? {}) as { role?: unknown; content?: unknown };
  return typeof role === "string" && roles.includes(role) && typeof content === "string"
    ? { role: role as Message["role"], content }
    : null;
}
