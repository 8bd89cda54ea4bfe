import type { Score } from "../pipeline.ts";

/** -0, which a product with a negative factor gives, is 0. */
export const valueScore = (value: number): Score => ({ kind: "value", value: value + 0 });

export type Unscorable = Extract<Score, { kind: "unscorable" }>;

export const unscorable = (reason: string): Unscorable => ({ kind: "unscorable", reason });
