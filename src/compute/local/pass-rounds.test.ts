import { expect, test } from "vitest";
import type { MicroBatch } from "./micro-batches.ts";
import { runRounds } from "./pass-rounds.ts";
import type { TrainingPasses } from "./training-pass.ts";

const microBatch: MicroBatch = {
  layout: { prompts: 0, promptLength: 0, completions: 0, completionLength: 0 },
  slices: [],
  loss: undefined,
  temperature: 1,
  kind: { ratio: false, kl: false },
};

test("a pass that fails is told once the others have ended", async () => {
  let end = (): void => expect.fail("the second pass was not begun");
  let ended = false;
  const slow = new Promise<Float32Array>((resolve) => {
    end = () => {
      ended = true;
      resolve(new Float32Array());
    };
  });
  const free = () => undefined;
  const passes: TrainingPasses = {
    lanes: [
      { run: () => Promise.reject(new Error("no memory")), free },
      { run: () => slow, free },
    ],
    free,
  };
  const running = runRounds(
    [microBatch, microBatch],
    2,
    () => passes,
    () => undefined,
  );
  const told = running.catch((error: Error) => `${error.message}, ${ended ? "all ended" : "one in flight"}`);
  // Long enough for the first failure to come through, if it did not wait.
  for (let turn = 0; turn < 20; turn++) {
    await Promise.resolve();
  }
  end();
  expect(await told).toBe("no memory, all ended");
});
