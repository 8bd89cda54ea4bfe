import { execFile } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import type { ContainedCommand } from "./containment.ts";
import { findCommands } from "./find-command.ts";

/** The command that runs a program of a language. */
export type Interpreter = (source: string) => ContainedCommand;

const node = "/sandbox/node";
const programFolder = "/sandbox/program";

function nodeCommand(program: string, more: Readonly<Record<string, Uint8Array>> = {}): ContainedCommand {
  const main = `${programFolder}/main.js`;
  return {
    command: [node, "--stack-size=3900", main],
    readable: [{ path: realpathSync(process.execPath), at: node }],
    files: { ...more, [main]: Buffer.from(program) },
    limitAddressSpace: false,
  };
}

export const javascript: Interpreter = (source) => nodeCommand(source);

/** Reads TypeScript and writes JavaScript: a parser that meets a model's text is contained as well. */
export function typeStripper(): ContainedCommand {
  const parser = createRequire(import.meta.url).resolve("@swc/wasm-typescript");
  const inside = `${programFolder}/parser.cjs`;
  const program = `
    const { transformSync } = require(${JSON.stringify(inside)});
    const source = require("node:fs").readFileSync(0, "utf8");
    process.stdout.write(transformSync(source, { mode: "transform", module: true }).code);`;
  return nodeCommand(program, { [inside]: readFileSync(parser) });
}

interface PythonPlaces {
  executable: string;
  /** Folders that hold it and its library. */
  folders: string[];
}

const placesProgram = `
import json, os, sys
print(json.dumps({"executable": os.path.realpath(sys.executable), "folders": sorted({sys.base_prefix, sys.base_exec_prefix})}))`;

/** Every Python 3 that the shell would find, its likeliest first. */
export async function findPythons(): Promise<{ path: string; interpreter: Interpreter }[]> {
  const found: { path: string; interpreter: Interpreter }[] = [];
  for (const command of findCommands("python3")) {
    const places = await placesOf(command);
    if (places !== null && found.every(({ path }) => path !== places.executable)) {
      found.push({ path: places.executable, interpreter: pythonOf(places) });
    }
  }
  return found;
}

/** null for what is called python3 and is none: a launcher without a version to launch. */
async function placesOf(command: string): Promise<PythonPlaces | null> {
  try {
    const { stdout } = await promisify(execFile)(command, ["-I", "-c", placesProgram], { timeout: 10_000 });
    return JSON.parse(stdout) as PythonPlaces;
  } catch {
    return null;
  }
}

function pythonOf({ executable, folders }: PythonPlaces): Interpreter {
  const main = `${programFolder}/main.py`;
  return (source) => ({
    command: [executable, "-s", main],
    readable: folders.filter((folder) => !/^\/usr(\/|$)/.test(folder)).map((path) => ({ path })),
    files: { [main]: Buffer.from(source) },
    limitAddressSpace: true,
  });
}
