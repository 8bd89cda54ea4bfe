import { Worker } from "node:worker_threads";
import { errorMessage } from "../../errors.ts";
import { idle, making, type WorkerAnswer, type WorkerData, type WorkerJob } from "./protocol.ts";
import { residentMemory } from "./resident-memory.ts";

/** Why a worker ended and at which call: a call's number, `idle` or `making`. */
export interface WorkerEnd {
  kind: "timeout" | "error";
  call: number;
  /** How many completions the call was judging. */
  span: number;
  reason: string;
}

export interface WorkerLimits {
  /** Of the heap; see `buffersPerHeap` for what lies outside. */
  memoryMegabytes: number;
  /** To import and make a reward, which is not the time of its calls. */
  makeSeconds: number;
}

/** What a worker tells of its job. */
export interface WorkerEvents {
  onAnswer(answer: WorkerAnswer): void;
  /** Nothing comes after this, and everything that the worker had answered came before. */
  onEnd(end: WorkerEnd): void;
}

/** A thread that judges one job at a time and dies with the call that it cannot end. */
export interface PoolWorker {
  start(job: WorkerJob, timeLimitSeconds: number): void;
  /** Lets the process end although the worker lives. */
  rest(): void;
  close(): Promise<void>;
}

/** A thread that waits in the system, for a program that it runs, ends only with that; it is left behind. */
const endingMilliseconds = 2000;

/** How often the clock of the call in flight is looked at. */
const watchMilliseconds = 10;

/**
 * Buffers are not on the heap, and no limit of a thread counts them. All that is known is by how much the process grew during
 * a call; so much more than a heap is taken for the call's doing.
 */
const buffersPerHeap = 4;

export function startPoolWorker(limits: WorkerLimits, events: WorkerEvents): PoolWorker {
  const current = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    workerData: { current } satisfies WorkerData,
    resourceLimits: { maxOldGenerationSizeMb: limits.memoryMegabytes },
  });
  let watch: NodeJS.Timeout | undefined;
  let ended: Pick<WorkerEnd, "kind" | "call" | "reason"> | undefined;
  let failure: string | undefined;
  let leaving: NodeJS.Timeout | undefined;
  let over = false;

  /** A timer inside the worker would not fire during a regular expression without end. */
  const watchCalls = (timeLimitSeconds: number): void => {
    let seen = idle;
    let since = 0;
    let bytesBefore = 0;
    const end = (kind: WorkerEnd["kind"], call: number, reason: string): void => {
      ended = { kind, call, reason };
      clearInterval(watch);
      void worker.terminate();
      leaving = setTimeout(onExit, endingMilliseconds);
    };
    watch = setInterval(() => {
      const call = Atomics.load(current, 0);
      const now = performance.now();
      if (call !== seen) {
        seen = call;
        since = now;
        bytesBefore = residentMemory(now);
        return;
      }
      if (call === idle) {
        return;
      }
      const limit = call === making ? limits.makeSeconds : timeLimitSeconds;
      const megabytes = buffersPerHeap * limits.memoryMegabytes;
      if (now - since > limit * 1000) {
        const what = call === making ? "was not there" : "gave no verdict";
        end("timeout", call, `${what} within ${limit} seconds`);
      } else if (residentMemory(now) - bytesBefore > megabytes * 2 ** 20) {
        end("error", call, `took more than ${megabytes} MB of memory`);
      }
    }, watchMilliseconds);
  };

  worker.on("message", (answer: WorkerAnswer) => {
    if (!over) {
      events.onAnswer(answer);
    }
  });
  worker.on("error", (error: NodeJS.ErrnoException) => {
    failure =
      error.code === "ERR_WORKER_OUT_OF_MEMORY"
        ? `took more than ${limits.memoryMegabytes} MB of memory`
        : `ended its thread: ${errorMessage(error)}`;
  });
  const onExit = (code?: number): void => {
    if (over) {
      return;
    }
    over = true;
    clearInterval(watch);
    clearTimeout(leaving);
    worker.unref();
    const [call, span] = [Atomics.load(current, 0), Atomics.load(current, 1)];
    const reason = failure ?? `ended its thread with exit code ${code}`;
    // A call that came to its end in the last moment before its thread's is not to blame.
    const known = ended?.call === call ? ended : undefined;
    events.onEnd({ kind: "error", call, span, reason, ...known });
  };
  worker.on("exit", onExit);

  return {
    start(job, timeLimitSeconds) {
      worker.ref();
      worker.postMessage(job);
      watchCalls(timeLimitSeconds);
    },
    rest() {
      clearInterval(watch);
      worker.unref();
    },
    async close() {
      clearInterval(watch);
      await worker.terminate();
    },
  };
}
