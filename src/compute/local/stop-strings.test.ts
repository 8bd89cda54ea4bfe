import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigError } from "../../errors.ts";
import { loadTokenizer } from "../../tokenizer/load-tokenizer.ts";
import { createStopDetector } from "./stop-strings.ts";

/** A byte is a token, as in byte-level tokenizers: characters can be cut. */
const decodeBytes = (tokenIds: readonly number[]): string =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(tokenIds));
const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];

/** How many tokens it takes to stop, or null. */
function stopsAfter(
  tokenIds: readonly number[],
  stop: readonly string[],
  decode: (tokenIds: readonly number[]) => string,
): number | null {
  const detector = createStopDetector(stop, decode);
  const index = tokenIds.findIndex((tokenId) => detector.push(tokenId));
  return index < 0 ? null : index + 1;
}

test("stops at the token that completes a stop string, wherever tokens are cut", () => {
  const pieces = ["ab", "c</ans", "wer", "> and", " more"];
  const decode = (ids: readonly number[]): string => ids.map((id) => pieces[id]).join("");
  expect(stopsAfter([0, 1, 2, 3, 4], ["</answer>"], decode)).toBe(4);
  expect(stopsAfter([0, 1, 2, 3, 4], ["never", "bc<"], decode)).toBe(2);
  expect(stopsAfter([0, 1, 2, 4], ["</answer>"], decode)).toBeNull();
  expect(stopsAfter([0, 1], [], decode)).toBeNull();
});

test("a special token is a stop string where the text has it", () => {
  const tokenizer = loadTokenizer("../shared/fixtures/models/qwen2-untied");
  const tokenIds = tokenizer.encode("abc <|im_start|> def");
  const place = tokenIds.indexOf(tokenizer.encode("<|im_start|>")[0]);
  expect(place).toBeGreaterThan(0);
  expect(stopsAfter(tokenIds, ["<|im_start|>"], (ids) => tokenizer.decode(ids))).toBe(place + 1);
});

test("once found it stays found, and completions do not see each other", () => {
  const first = createStopDetector(["b"], decodeBytes);
  expect([..."abcd"].map((c) => first.push(bytesOf(c)[0]))).toEqual([false, true, true, true]);
  expect(createStopDetector(["b"], decodeBytes).push(bytesOf("c")[0])).toBe(false);
});

test("finds what a search of the whole text finds, as far into the completion as it may be", () => {
  const text = fc.array(fc.constantFrom("a", "b", "é", "字", "🙂", "\n", " "), { maxLength: 400 });
  const stop = fc.array(fc.constantFrom("a", "b", "é", "字", "🙂", "\n"), { minLength: 2, maxLength: 90 });
  fc.assert(
    fc.property(text, stop, fc.boolean(), (before, letters, contained) => {
      const wanted = letters.join("");
      const tokenIds = bytesOf(before.join("") + (contained ? wanted : "") + before.join(""));
      const expected = tokenIds.findIndex((_, i) => decodeBytes(tokenIds.slice(0, i + 1)).includes(wanted));
      expect(stopsAfter(tokenIds, [wanted], decodeBytes)).toBe(expected < 0 ? null : expected + 1);
    }),
    { numRuns: 60 },
  );
});

test("a long completion is decoded in pieces of bounded length", () => {
  let longest = 0;
  const decode = (ids: readonly number[]): string => {
    longest = Math.max(longest, ids.length);
    return decodeBytes(ids);
  };
  expect(stopsAfter(new Array(2000).fill(bytesOf("a")[0]), ["stop"], decode)).toBeNull();
  expect(longest).toBeLessThanOrEqual(64);
});

test("an empty stop string is refused", () => {
  expect(() => createStopDetector(["x", ""], decodeBytes)).toThrow(ConfigError);
});
