import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import path from "node:path";
import { isModelFile } from "../../model-files.ts";

/** Pieces that are read of each file, spread over it: training changes all of a file of weights. */
const pieces = 64;
const pieceBytes = 2 ** 14;

/** A hash that tells models apart, of names, sizes and samples of the files of some folders. */
export function modelFingerprint(folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const folder of folders) {
    for (const name of readdirSync(folder).filter(isModelFile).sort()) {
      const descriptor = openSync(path.join(folder, name), "r");
      try {
        const { size } = fstatSync(descriptor);
        hash.update(`${name} ${size}\n`);
        const step = Math.max(pieceBytes, (size - pieceBytes) / (pieces - 1));
        const buffer = Buffer.alloc(pieceBytes);
        for (let piece = 0; piece < pieces && piece * step < size; piece++) {
          const position = Math.floor(piece * step);
          hash.update(buffer.subarray(0, readSync(descriptor, buffer, 0, pieceBytes, position)));
        }
      } finally {
        closeSync(descriptor);
      }
    }
  }
  return hash.digest("hex").slice(0, 16);
}
