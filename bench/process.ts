import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** What a measured process printed on its last line, and the most memory it held. */
export interface Measured<T> {
  result: T;
  peakMegabytes: number;
}

const pollMilliseconds = 50;

function residentPeak(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Runs a program to its end and reads the JSON object on its last line. */
export async function measure<T>(command: string, values: readonly string[]): Promise<Measured<T>> {
  const child = spawn(command, values, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  let peakMegabytes = 0;
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const poll = setInterval(() => {
    peakMegabytes = Math.max(peakMegabytes, residentPeak(child.pid!));
  }, pollMilliseconds);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearInterval(poll);
  if (code !== 0) {
    throw new Error(`${command} ${values.join(" ")} ended with code ${code}`);
  }
  return { result: JSON.parse(output.trim().split("\n").at(-1)!) as T, peakMegabytes };
}

/** Runs one of our own measured programs, which stand beside this file. */
export function measureOurs<T>(program: string, values: readonly string[]): Promise<Measured<T>> {
  const file = path.join(path.dirname(fileURLToPath(import.meta.url)), `${program}.js`);
  return measure<T>(process.execPath, [file, ...values]);
}

/** Runs a peer's script, or answers null where `GPGRAD_PEER_PYTHON` names no Python that has the peers. */
export function measurePeer<T>(script: string, values: readonly string[]): Promise<Measured<T>> | null {
  const python = process.env.GPGRAD_PEER_PYTHON;
  const folder = process.env.GPGRAD_PEERS ?? path.resolve("../shared/peers");
  return python ? measure<T>(python, [path.resolve(folder, script), ...values]) : null;
}
