import { expect, test } from "vitest";
import type { MicroBatch } from "./micro-batches.ts";
import { runRounds } from "./pass-rounds.ts";
import type { TrainingPass } from "./training-pass.ts";

/** One completion of one token, the only one of its group. */
function microBatchOf(group: number): MicroBatch {
  const completion = { tokenIds: [1], weights: [1] };
  return {
    layout: { prompts: 1, promptLength: 0, completions: 1, completionLength: 1 },
    slices: [{ group, promptTokenIds: [1], completions: [{ index: 0, completion }] }],
    loss: undefined,
    temperature: 1,
    kind: { ratio: false, kl: false },
  };
}

const free = () => undefined;

/** Runs as many micro-batches as asked for over two lanes and gives what was filed: the group and its log-probability. */
async function run(
  count: number,
  lanes: readonly TrainingPass["run"][],
  { keptLayouts = 8, onPasses = (): void => undefined } = {},
): Promise<[group: number, logprob: number][]> {
  const filed: [number, number][] = [];
  await runRounds(
    Array.from({ length: count }, (_, group) => microBatchOf(group)),
    { lanes: 2, keptLayouts },
    () => {
      onPasses();
      return { lanes: lanes.map((runLane) => ({ run: runLane, free })), free };
    },
    (group, _, [logprob]) => void filed.push([group, logprob]),
  );
  return filed;
}

/** Long enough for whatever does not wait to come through. */
async function letSettle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) {
    await Promise.resolve();
  }
}

test("a pass that fails is told once the others have ended, and none is begun after it", async () => {
  const end: (() => void)[] = [];
  const slow = () => new Promise<Float32Array>((resolve) => void end.push(() => resolve(Float32Array.of(0))));
  let told = "";
  const running = run(4, [() => Promise.reject(new Error("no memory")), slow]).catch((error: Error) => {
    told = error.message;
  });
  await letSettle();
  expect([told, end.length]).toEqual(["", 1]);
  end[0]();
  await running;
  expect([told, end.length]).toEqual(["no memory", 1]);
});

test("a lane goes on while another is at its first pass, and what both found is filed in order", async () => {
  const shared = new Float32Array(1);
  let begun = 0;
  const quick = async () => {
    shared[0] = begun++;
    return shared;
  };
  let endFirst = (): void => expect.fail("the first pass was not begun");
  const first = new Promise<void>((resolve) => {
    endFirst = resolve;
  });
  const slow = async () => {
    await first;
    return Float32Array.of(-1);
  };
  const running = run(6, [slow, quick]);
  await letSettle();
  expect(begun).toBe(3);
  endFirst();
  expect(await running).toEqual([
    [0, -1],
    [1, 0],
    [2, -1],
    [3, 1],
    [4, -1],
    [5, 2],
  ]);
});

test("no more passes are made ready than stay compiled", async () => {
  let ready = 0;
  let most = 0;
  const instant = async () => {
    most = Math.max(most, ready);
    ready -= 1;
    return Float32Array.of(0);
  };
  const filed = await run(9, [instant, instant], { keptLayouts: 5, onPasses: () => void ready++ });
  expect(most).toBe(4);
  expect(filed.map(([group]) => group)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});
