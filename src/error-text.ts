import { nearestKey } from "./nearest-key.ts";

/** The end of a message about an unknown name: the nearest known one, if any is close, and all known ones. */
export function wayOut(name: string, known: readonly string[]): string {
  const near = nearestKey(name, known);
  const all = `known: ${known.join(", ") || "none"}`;
  return near === undefined ? `; ${all}` : `; did you mean "${near}"? (${all})`;
}

/** A value as errors show it: JSON on one line, cut after 60 characters. */
export function shown(value: unknown): string {
  const text = value === undefined ? "missing" : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A name from a file as errors show it: as it stands where that is one short line, like `shown` otherwise. */
export function shownName(name: string): string {
  return name.length <= 200 && /^[\x21-\x7e]+$/.test(name) ? name : shown(name);
}

/** Why a request got no response: `fetch` says only "fetch failed"; the reason is what caused it. */
export function connectionFailure(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.message || cause?.code || message;
}
