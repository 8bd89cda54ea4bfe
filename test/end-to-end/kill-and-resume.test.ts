import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gpgrad, startGpgrad } from "../support/gpgrad.ts";

/** GPGRAD_KILLS=20 makes the full trial of it. */
const kills = Number(process.env.GPGRAD_KILLS ?? 4);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gpgrad-kill-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const finalFiles = (run: string) =>
  ["model.safetensors", "optimizer.safetensors"].map((name) =>
    readFileSync(path.join(run, "checkpoints/step-000009", name)),
  );

test(`killed at ${kills} random instants and resumed, a run ends with the same bits`, {
  timeout: 600_000,
}, async () => {
  const train = (run: string) => [
    "train",
    "test/support/tiny.yaml",
    "--output",
    path.join(folder, run),
    "--resume",
  ];
  const start = performance.now();
  expect((await gpgrad(...train("whole"))).code).toBe(0);
  const wholeRun = performance.now() - start;

  let killed = 0;
  for (let attempt = 0; killed < kills; attempt++) {
    const run = `killed-${attempt}`;
    while (killed < kills) {
      const running = startGpgrad(...train(run));
      const instant = Math.random() * wholeRun;
      await Promise.race([sleep(instant), running.finished]);
      running.process.kill("SIGKILL");
      const { signal, code } = await running.finished;
      if (signal !== "SIGKILL") {
        expect(code).toBe(0);
        break;
      }
      killed += 1;
    }
    const { code, errors } = await gpgrad(...train(run));
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(finalFiles(path.join(folder, run))).toEqual(finalFiles(path.join(folder, "whole")));
  }
});
