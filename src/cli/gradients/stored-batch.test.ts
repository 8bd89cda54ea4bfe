import { expect, test } from "vitest";
import type { Codec } from "../../compute/codec.ts";
import type { StoredRollout } from "../../trainer/stored-rollouts.ts";
import { readStoredBatch } from "./stored-batch.ts";

/** A token a character; 0 ends. Messages are read one after the other. */
const codec: Codec = {
  endTokenIds: [0],
  encodePrompt: (prompt) =>
    [...(typeof prompt === "string" ? prompt : prompt.map(({ content }) => content).join("|"))].map(codeOf),
  encodeCompletion: (text) => [...[...text].map(codeOf), 0],
  decode: () => "",
};
const codeOf = (character: string): number => character.codePointAt(0)!;

const rollout = (given: Partial<StoredRollout>): StoredRollout => ({
  problemId: "p",
  prompt: "1+1=",
  completion: "2",
  completionTokens: 2,
  tokenIds: null,
  finishReason: "stop",
  reward: 1,
  rewards: {},
  unscoredReason: null,
  ...given,
});
const read = (...rollouts: StoredRollout[]) => readStoredBatch([{ step: 1, rollouts }], codec);

test("completions get their tokens back: with an end token, cut at the limit, or ended by a text", () => {
  const { groups, completions, retokenized } = read(
    rollout({}),
    rollout({ completion: "22", completionTokens: 2, finishReason: "length" }),
    rollout({ completion: "2\n", completionTokens: 2 }),
  );
  expect(groups[0]!.rollouts.map(({ rollout: { tokenIds } }) => tokenIds)).toEqual([
    [50, 0],
    [50, 50],
    [50, 10],
  ]);
  expect({ completions, retokenized }).toEqual({ completions: 3, retokenized: 0 });
});

test("tokens that the log has are taken as they are", () => {
  const { groups, retokenized } = read(rollout({ tokenIds: [1, 50, 0], completionTokens: 3 }));
  expect(groups[0]!.rollouts[0]!.rollout.tokenIds).toEqual([1, 50, 0]);
  expect(retokenized).toBe(0);
});

test("a text that is read as other tokens than were sampled is counted", () => {
  expect(read(rollout({}), rollout({ completionTokens: 5 }))).toMatchObject({
    completions: 2,
    retokenized: 1,
  });
});

test("rewards come from the log, and one that is missing is no value", () => {
  const { groups } = read(rollout({ reward: 0.5 }), rollout({ reward: null, unscoredReason: "late" }));
  expect(groups[0]!.rollouts.map(({ score }) => score)).toEqual([
    { kind: "value", value: 0.5 },
    { kind: "unscorable", reason: "late" },
  ]);
});

test("prompts are messages again where they were", () => {
  const messages = [
    { role: "system", content: "a" },
    { role: "user", content: "b" },
  ];
  const tokens = (prompt: string) => read(rollout({ prompt })).groups[0]!.prompt.tokenIds;
  expect(tokens(JSON.stringify(messages))).toEqual([..."a|b"].map(codeOf));
  expect(tokens('[{"x')).toEqual([...'[{"x'].map(codeOf));
});
