import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createSumsRun } from "../../test/support/sums-run.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { CheckpointError } from "../errors.ts";
import { lockRunFolder } from "./run-lock.ts";
import { train } from "./train.ts";

const host = hostname().replaceAll(/[^\w.-]/g, "_");

async function otherProcess(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  return child;
}

/** The claim of a process that does not say when it started, as on systems without /proc. */
function leaveClaim(
  folder: string,
  processNumber: number | undefined,
  { startTime = 0, at = host } = {},
): string {
  const name = `lock-${at}-${processNumber}-${startTime}`;
  writeFileSync(path.join(folder, name), "");
  return name;
}

test("a folder is one holder's until it is released", async () => {
  const folder = temporaryFolder();
  const lock = await lockRunFolder(folder);
  await expect(lockRunFolder(folder)).rejects.toThrow(CheckpointError);
  await expect(lockRunFolder(folder)).rejects.toThrow(
    `${folder} is in use by process ${process.pid} on ${host}; wait for it`,
  );
  lock.release();
  (await lockRunFolder(folder)).release();
  expect(readdirSync(folder)).toEqual([]);
});

test("a living process keeps its folder, a killed one loses it", async () => {
  const folder = temporaryFolder();
  const other = await otherProcess();
  const claim = leaveClaim(folder, other.pid);
  await expect(lockRunFolder(folder)).rejects.toThrow(`in use by process ${other.pid} on ${host}`);
  expect(readdirSync(folder)).toEqual([claim]);

  other.kill("SIGKILL");
  await once(other, "exit");
  const lock = await lockRunFolder(folder);
  expect(readdirSync(folder)).toHaveLength(1);
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

test.runIf(process.platform === "linux")("a process that got a dead one's number holds nothing", async () => {
  const folder = temporaryFolder();
  const other = await otherProcess();
  leaveClaim(folder, other.pid, { startTime: 1 });
  leaveClaim(folder, process.pid, { startTime: 1 });
  (await lockRunFolder(folder)).release();
  expect(readdirSync(folder)).toEqual([]);
});

test.runIf(process.platform === "linux")("a dead process that nobody has reaped holds nothing", async () => {
  const folder = temporaryFolder();
  // The child must end after the shell has become a program that does not ask about it.
  const parent = spawn("sh", ["-c", "sleep 0.3 & echo $!; exec sleep 60"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [line] = await once(parent.stdout, "data");
  const zombie = Number(String(line));
  await expect.poll(() => readFileSync(`/proc/${zombie}/stat`, "utf8"), { timeout: 10_000 }).toMatch(/\) Z /);
  leaveClaim(folder, zombie);
  (await lockRunFolder(folder)).release();
  expect(readdirSync(folder)).toEqual([]);
});

test("a claim from another machine is believed, and the message says how to end it", async () => {
  const folder = temporaryFolder();
  const claim = leaveClaim(folder, 1, { at: "elsewhere" });
  await expect(lockRunFolder(folder)).rejects.toThrow(
    `process 1 on elsewhere; if it is no longer running there, remove ${path.join(folder, claim)}`,
  );
});

test("a run does not begin in a folder that another process uses, and touches nothing there", async () => {
  const folder = temporaryFolder();
  const { options } = createSumsRun(folder, { steps: 2, resume: true });
  const other = await otherProcess();
  const claim = leaveClaim(folder, other.pid);
  await expect(train(options)).rejects.toThrow(`in use by process ${other.pid}`);
  expect(readdirSync(folder).sort()).toEqual(["checkpoints", claim, "rollouts"]);

  other.kill("SIGKILL");
  await once(other, "exit");
  expect((await train(options)).finished).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(["checkpoints", "journal.jsonl", "rollouts", "tensorboard"]);
});

test("a run that fails gives its folder back", async () => {
  const folder = temporaryFolder();
  const { options } = createSumsRun(folder, { steps: 2 });
  const sampler = { sample: () => Promise.reject(new Error("broken")) };
  await expect(train({ ...options, sampler })).rejects.toThrow("broken");
  expect((await train({ ...options, resume: true })).finished).toBe(true);
});
