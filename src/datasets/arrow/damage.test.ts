import { writeFileSync } from "node:fs";
import path from "node:path";
import { tableFromJSON, tableToIPC } from "apache-arrow";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { DataError } from "../../errors.ts";
import type { ReadRow } from "../row-format.ts";
import { arrowFormat } from "./arrow-format.ts";

const lists = tableFromJSON([{ list: [1, 2] }, { list: [3] }]);
const texts = tableFromJSON([{ text: "one" }, { text: "two" }]);
const wholes: [string, Uint8Array][] = [
  ["stream of texts in a dictionary", tableToIPC(texts, "stream")],
  ["file of lists", tableToIPC(lists, "file")],
];

/** Prime to 8, so that every place in a byte comes up; GPGRAD_BIT_STEP=1 flips every bit, which takes a minute. */
const step = Number(process.env.GPGRAD_BIT_STEP ?? 3);

/** The rows, or null where the file is refused as a damaged file should be; rows that never end fail. */
function readDamaged(file: string, bytes: Uint8Array, what: string): ReadRow[] | null {
  writeFileSync(file, bytes);
  const rows: ReadRow[] = [];
  try {
    for (const batch of arrowFormat.batches(file, {})) {
      rows.push(...batch.rows);
      expect(rows.length, what).toBeLessThan(10);
    }
    return rows;
  } catch (error) {
    expect(error, what).toBeInstanceOf(DataError);
    expect((error as Error).message.startsWith(`${file}: `), what).toBe(true);
    expect((error as Error).message, what).not.toMatch(/\n/);
    return null;
  }
}

test.each(wholes)(
  "a %s with a bit flipped is refused, or has as many rows of a bounded size",
  (_, whole) => {
    const file = path.join(temporaryFolder(), "rows");
    const bytes = Buffer.from(whole);
    let refused = 0;
    for (let bit = 0; bit < 8 * bytes.length; bit += step) {
      bytes[bit >> 3] ^= 1 << (bit & 7);
      const rows = readDamaged(file, bytes, `bit ${bit}`);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      if (rows === null) {
        refused++;
      } else {
        expect(rows.length, `bit ${bit}`).toBe(2);
        expect(JSON.stringify(rows).length, `bit ${bit}`).toBeLessThan(8 * bytes.length);
      }
    }
    expect(refused).toBeGreaterThan((2 * bytes.length) / step);
  },
  120_000,
);

test.each(wholes)(
  "a %s that was cut off is refused, or has the same rows where only its mark of the end is lost",
  (_, whole) => {
    const file = path.join(temporaryFolder(), "rows");
    const rows = readDamaged(file, whole, "whole");
    expect(rows).toHaveLength(2);
    for (let length = 0; length < whole.length; length++) {
      const found = readDamaged(file, whole.subarray(0, length), `${length} bytes`);
      // A stream may end between any two messages; before the batch, that is one of no rows.
      expect([null, rows, []], `${length} bytes`).toContainEqual(found);
    }
  },
);
