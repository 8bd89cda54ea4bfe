import fc from "fast-check";
import { expect, test } from "vitest";
import { completionText, createTextStream } from "./text-stream.ts";

/** A byte is a token, as in byte-level tokenizers: characters can be cut. */
const decodeBytes = (tokenIds: readonly number[]): string =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(tokenIds));
const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];

const pieces = (tokenIds: readonly number[], stop: readonly string[] = []): string[] => {
  const stream = createTextStream(decodeBytes, stop);
  return [...tokenIds.map((tokenId) => stream.push(tokenId)), stream.end()];
};

test("a character comes out once all its bytes are there", () => {
  expect(pieces(bytesOf("a€😀"))).toEqual(["a", "", "", "€", "", "", "", "😀", ""]);
});

test("bytes that never form a character come out in the end, and before what follows them", () => {
  expect(pieces([0xe2, 0x82])).toEqual(["", "", "\ufffd"]);
  expect(pieces([0xe2, 0x41]).join("")).toBe("\ufffdA");
});

test("what may begin a stop string is held back until it does not, and the stop string is left out", () => {
  expect(pieces(bytesOf("a</b"), ["</a>"])).toEqual(["a", "", "", "</b", ""]);
  expect(pieces(bytesOf("a</a>c"), ["</a>"]).join("")).toBe("a");
  expect(pieces(bytesOf("a</"), ["</a>"])).toEqual(["a", "", "", "</"]);
  expect(pieces(bytesOf("aab"), ["ab", "b"]).join("")).toBe("a");
});

test("any text in any bytes, however long, is the text of all tokens up to the first stop string", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc
      .array(fc.constantFrom("é", "€", "😀", "ab", "\ufffd", " "), { maxLength: 200 })
      .map((parts) => parts.join("")),
  );
  const stop = fc.array(fc.constantFrom("ab", "€", " 😀", "\n\n", "aa"), { maxLength: 3 });
  fc.assert(
    fc.property(text, stop, (whole, stops) => {
      const firsts = stops.map((candidate) => whole.indexOf(candidate)).filter((at) => at >= 0);
      expect(completionText(bytesOf(whole), decodeBytes, stops)).toBe(
        whole.slice(0, Math.min(...firsts, whole.length)),
      );
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(completionText([...bytes], decodeBytes, [])).toBe(decodeBytes([...bytes]));
    }),
  );
});
