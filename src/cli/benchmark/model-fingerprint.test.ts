import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { modelFingerprint } from "./model-fingerprint.ts";

test("other weights are another model, other files are not", () => {
  const folder = temporaryFolder();
  const weights = Buffer.alloc(3_000_000, 1);
  const write = (name: string, content: string | Buffer) => writeFileSync(path.join(folder, name), content);
  write("config.json", "{}");
  write("model.safetensors", weights);
  const first = modelFingerprint([folder]);
  write("optimizer.safetensors", "x");
  write("notes.txt", "x");
  expect(modelFingerprint([folder])).toBe(first);
  write("model.safetensors", Buffer.alloc(weights.length, 2));
  expect(modelFingerprint([folder])).not.toBe(first);
  write("model.safetensors", weights);
  expect(modelFingerprint([folder])).toBe(first);
  write("config.json", "{ }");
  expect(modelFingerprint([folder])).not.toBe(first);
});

test("of small files every byte counts, of large ones the first and the last", () => {
  const folder = temporaryFolder();
  const file = path.join(folder, "model.safetensors");
  for (const size of [1, 100, 2 ** 14, 2 ** 14 + 1, 2 ** 20, 2 ** 21 + 3]) {
    const bytes = Buffer.alloc(size);
    writeFileSync(file, bytes);
    const before = modelFingerprint([folder]);
    const middle = Math.floor(size / 2);
    for (const place of size <= 2 ** 20 ? [0, middle, size - 1] : [0, size - 1]) {
      bytes[place] = 1;
      writeFileSync(file, bytes);
      expect(modelFingerprint([folder])).not.toBe(before);
      bytes[place] = 0;
    }
  }
});
