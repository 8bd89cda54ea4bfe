import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createDirectoryAtomically,
  isTemporaryName,
  temporaryPath,
  writeFileAtomically,
} from "./atomic-file.ts";
import { CheckpointError } from "./errors.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "gpgrad-atomic-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** The operating system's own error for a full disk, where it has a device that is always full. */
const fullDisk = "/dev/full";
const hasFullDisk = existsSync(fullDisk);

describe("writeFileAtomically", () => {
  it("writes text, bytes or chunks, over what was there, and leaves nothing else behind", () => {
    const file = path.join(directory, "new", "file.txt");
    writeFileAtomically(file, "né");
    expect(readFileSync(file, "utf8")).toBe("né");
    writeFileAtomically(file, Uint8Array.of(97));
    expect(readFileSync(file, "utf8")).toBe("a");
    writeFileAtomically(file, [Uint8Array.of(97), new Uint8Array(0), Uint8Array.of(98)]);
    expect(readFileSync(file, "utf8")).toBe("ab");
    expect(readdirSync(path.dirname(file))).toEqual(["file.txt"]);
  });

  it("shows the old content until the new is whole, and keeps it if writing fails", () => {
    const file = path.join(directory, "file.txt");
    writeFileAtomically(file, "old");
    function* chunks(): Generator<Uint8Array> {
      yield Uint8Array.of(97);
      expect(readFileSync(file, "utf8")).toBe("old");
      expect(readdirSync(directory).filter(isTemporaryName)).toEqual([path.basename(temporaryPath(file))]);
      throw new TypeError("a bug");
    }
    expect(() => writeFileAtomically(file, chunks())).toThrow(TypeError);
    expect(readFileSync(file, "utf8")).toBe("old");
    expect(readdirSync(directory)).toEqual(["file.txt"]);
  });

  it.runIf(hasFullDisk)("says that the disk is full", () => {
    const file = path.join(directory, "file.txt");
    function* chunks(): Generator<Uint8Array> {
      yield Uint8Array.of(97);
      appendFileSync(fullDisk, "a");
    }
    expect(() => writeFileAtomically(file, chunks())).toThrow(CheckpointError);
    expect(() => writeFileAtomically(file, chunks())).toThrow(`cannot write ${file}: the disk is full; free`);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("names the file that stands where a folder is needed", () => {
    writeFileSync(path.join(directory, "blocker"), "");
    const file = path.join(directory, "blocker", "file.txt");
    expect(() => writeFileAtomically(file, "a")).toThrow(CheckpointError);
    expect(() => writeFileAtomically(file, "a")).toThrow(`cannot write ${file}: `);
    expect(() => writeFileAtomically(file, "a")).toThrow(/; (move it away or )?choose another/);
    mkdirSync(path.join(directory, "folder"));
    expect(() => writeFileAtomically(path.join(directory, "folder"), "a")).toThrow(CheckpointError);
    expect(readdirSync(directory).toSorted()).toEqual(["blocker", "folder"]);
  });
});

describe("createDirectoryAtomically", () => {
  it("shows the directory once it is filled, and not before", async () => {
    const target = path.join(directory, "step-000100");
    await createDirectoryAtomically(target, async (temporary) => {
      expect(path.dirname(temporary)).toBe(directory);
      expect(isTemporaryName(path.basename(temporary))).toBe(true);
      mkdirSync(path.join(temporary, "inner"));
      writeFileSync(path.join(temporary, "inner", "a.txt"), "a");
      await Promise.resolve();
      expect(existsSync(target)).toBe(false);
    });
    expect(readFileSync(path.join(target, "inner", "a.txt"), "utf8")).toBe("a");
    expect(readdirSync(directory)).toEqual(["step-000100"]);
  });

  it("starts anew over what a killed process left", async () => {
    const target = path.join(directory, "step-000100");
    mkdirSync(temporaryPath(target));
    writeFileSync(path.join(temporaryPath(target), "half"), "");
    await createDirectoryAtomically(target, async (temporary) => {
      writeFileSync(path.join(temporary, "whole"), "");
    });
    expect(readdirSync(target)).toEqual(["whole"]);
  });

  it("leaves nothing behind when filling fails", async () => {
    const target = path.join(directory, "step-000100");
    const filling = createDirectoryAtomically(target, async (temporary) => {
      writeFileSync(path.join(temporary, "a.txt"), "a");
      throw new TypeError("a bug");
    });
    await expect(filling).rejects.toThrow(TypeError);
    expect(readdirSync(directory)).toEqual([]);
  });

  it.runIf(hasFullDisk)("says that the disk is full", async () => {
    const target = path.join(directory, "step-000100");
    const filling = createDirectoryAtomically(target, async () => appendFileSync(fullDisk, "a"));
    await expect(filling).rejects.toThrow(CheckpointError);
    await expect(filling).rejects.toThrow(`cannot write ${target}: the disk is full; free`);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("keeps a directory that has the name already", async () => {
    const target = path.join(directory, "step-000100");
    mkdirSync(target);
    writeFileSync(path.join(target, "old"), "");
    await expect(createDirectoryAtomically(target, async () => {})).rejects.toThrow(CheckpointError);
    expect(readdirSync(target)).toEqual(["old"]);
    expect(readdirSync(directory)).toEqual(["step-000100"]);
  });
});

it("knows temporary names from others", () => {
  expect(isTemporaryName(".step-000100.tmp-42")).toBe(true);
  for (const name of ["step-000100", "step.tmp-42", ".tmp-42", ".step.tmp-", ".step.tmp-4x"]) {
    expect(isTemporaryName(name)).toBe(false);
  }
});
