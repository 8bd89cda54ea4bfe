import { parentPort, workerData } from "node:worker_threads";
import { errorMessage, internalError } from "../../errors.ts";
import type { Score } from "../../pipeline.ts";
import { makeReward } from "../make-reward.ts";
import type { AnyReward } from "../reward.ts";
import { scoreOf, scoresOf } from "../score-group.ts";
import { idle, making, type WorkerAnswer, type WorkerData, type WorkerJob } from "./protocol.ts";

const port = parentPort;
if (port === null) {
  throw internalError("the worker of rewards must run in a worker thread");
}
const { current } = workerData as WorkerData;
const answer = (message: WorkerAnswer): void => port.postMessage(message);
// The standard output belongs to the command, which may promise JSON there.
process.stdout.write = process.stderr.write.bind(process.stderr);

const rewards = new Map<string, Promise<AnyReward>>();

/** Scores wait no longer than this for more to travel with. */
const sliceMilliseconds = 20;

function rewardOf({ source }: WorkerJob): Promise<AnyReward> {
  const key = JSON.stringify(source);
  const known = rewards.get(key) ?? makeReward(source);
  rewards.set(key, known);
  return known;
}

/** One call after another, so that whatever hangs or dies is known by the call in flight. */
async function work(job: WorkerJob): Promise<void> {
  const { id, contexts, firstCall } = job;
  const at = (call: number, span = 0): void => {
    Atomics.store(current, 1, span);
    Atomics.store(current, 0, call);
  };
  let reward: AnyReward;
  try {
    at(making);
    reward = await rewardOf(job);
  } catch (error) {
    at(idle);
    answer({ kind: "unmade", id, reason: errorMessage(error) });
    return;
  }
  let scores: Score[] = [];
  let first = 0;
  const flush = (): void => {
    answer({ kind: "scores", id, first, scores });
    first += scores.length;
    scores = [];
  };
  if ("scoreGroup" in reward) {
    at(firstCall, contexts.length);
    scores = await scoresOf(reward, contexts);
  } else {
    let flushed = performance.now();
    for (const [index, context] of contexts.entries()) {
      at(firstCall + index, 1);
      scores.push(await scoreOf(reward, context));
      if (performance.now() - flushed > sliceMilliseconds) {
        flush();
        flushed = performance.now();
      }
    }
  }
  at(idle);
  flush();
  answer({ kind: "done", id });
}

let last = Promise.resolve();
port.on("message", (job: WorkerJob) => {
  last = last.then(() => work(job));
});
