import { availableParallelism } from "node:os";
import { errorMessage } from "../../errors.ts";
import type { Score } from "../../pipeline.ts";
import type { RewardContext } from "../reward.ts";
import type { RewardSource } from "../reward-source.ts";
import { type PoolWorker, startPoolWorker, type WorkerEnd, type WorkerLimits } from "./pool-worker.ts";
import { idle, making, type WorkerAnswer } from "./protocol.ts";

export interface PoolRequest {
  /** What reasons call the reward. */
  name: string;
  source: RewardSource;
  /** Of one call. */
  timeLimitSeconds: number;
}

/**
 * Threads in which rewards judge. They start when there is work for them, stay for the next step, and do not keep the
 * process alive.
 */
export interface RewardPool {
  /**
   * One score a context, in their order; the contexts travel together and are judged by one worker. Never throws: a call
   * over its time limit is a `timeout`, one that ends its worker an `error`, and the other calls go on in another worker.
   */
  score(request: PoolRequest, contexts: readonly RewardContext[]): Promise<Score[]>;
  close(): Promise<void>;
}

export interface RewardPoolOptions extends Partial<WorkerLimits> {
  /** At most so many workers; one a core if left out. */
  workers?: number;
}

interface Job {
  request: PoolRequest;
  contexts: readonly RewardContext[];
  scores: (Score | undefined)[];
  /** Workers that ended between its calls, which is nobody's fault and must not go on for ever. */
  faultlessEnds: number;
  resolve(scores: Score[]): void;
}

/** A job in a worker: which of its contexts are there, and the number of the first call. */
interface Flight {
  id: number;
  job: Job;
  indices: readonly number[];
  firstCall: number;
}

interface Seat {
  worker: PoolWorker;
  nextCall: number;
  flight: Flight | null;
}

const mostFaultlessEnds = 3;
const highestCall = 2 ** 30;

export function createRewardPool(options: RewardPoolOptions = {}): RewardPool {
  const { workers = availableParallelism(), memoryMegabytes = 512, makeSeconds = 60 } = options;
  const seats = new Set<Seat>();
  const queue: Job[] = [];
  /** What the completions of rewards get that were not there in time, by source: nobody waits for such a one twice. */
  const unmade = new Map<string, Score>();
  let nextId = 0;
  let closed = false;

  const finish = (job: Job): void => job.resolve(job.scores as Score[]);

  const takeSeat = (): Seat | undefined => {
    const free = [...seats].find(({ flight }) => flight === null);
    if (free !== undefined || seats.size >= workers) {
      return free;
    }
    const seat: Seat = {
      nextCall: 1,
      flight: null,
      worker: startPoolWorker(
        { memoryMegabytes, makeSeconds },
        { onAnswer: (answer) => onAnswer(seat, answer), onEnd: (end) => onEnd(seat, end) },
      ),
    };
    seats.add(seat);
    return seat;
  };

  const dispatch = (): void => {
    while (queue.length > 0) {
      const known = unmade.get(keyOf(queue[0]!));
      if (known !== undefined) {
        const job = queue.shift()!;
        fill(job, unscored(job), known);
        finish(job);
        continue;
      }
      const seat = takeSeat();
      if (seat === undefined) {
        return;
      }
      begin(seat, queue.shift()!);
    }
  };

  const begin = (seat: Seat, job: Job): void => {
    const indices = unscored(job);
    const flight = { id: nextId++, job, indices, firstCall: seat.nextCall };
    seat.nextCall = (seat.nextCall + indices.length) % highestCall || 1;
    seat.flight = flight;
    const { id, firstCall } = flight;
    const contexts = indices.map((index) => job.contexts[index]!);
    const { source, timeLimitSeconds } = job.request;
    try {
      seat.worker.start({ id, source, contexts, firstCall }, timeLimitSeconds);
    } catch (error) {
      // A column that cannot be copied between threads.
      fill(job, indices, { kind: "error", reason: `reward ${job.request.name}: ${errorMessage(error)}` });
      rest(seat);
      finish(job);
    }
  };

  const rest = (seat: Seat): void => {
    seat.flight = null;
    seat.worker.rest();
  };

  const onAnswer = (seat: Seat, answer: WorkerAnswer): void => {
    const { flight } = seat;
    if (flight === null || flight.id !== answer.id) {
      return;
    }
    const { job, indices } = flight;
    if (answer.kind === "scores") {
      for (const [offset, score] of answer.scores.entries()) {
        job.scores[indices[answer.first + offset]!] = score;
      }
      return;
    }
    if (answer.kind === "unmade") {
      fill(job, indices, { kind: "error", reason: answer.reason });
    }
    rest(seat);
    finish(job);
    dispatch();
  };

  const onEnd = (seat: Seat, end: WorkerEnd): void => {
    seats.delete(seat);
    const { flight } = seat;
    if (flight !== null) {
      blame(flight, end);
      if (end.call === making && end.kind === "timeout") {
        unmade.set(keyOf(flight.job), flight.job.scores[flight.indices[0]!]!);
      }
      if (closed) {
        fill(flight.job, flight.indices, { kind: "error", reason: "the rewards' workers were closed" });
      }
      if (unscored(flight.job).length === 0) {
        finish(flight.job);
      } else {
        queue.unshift(flight.job);
      }
    }
    dispatch();
  };

  return {
    score: (request, contexts) =>
      new Promise((resolve) => {
        if (contexts.length === 0) {
          resolve([]);
          return;
        }
        queue.push({ request, contexts, scores: contexts.map(() => undefined), faultlessEnds: 0, resolve });
        dispatch();
      }),
    async close() {
      closed = true;
      await Promise.all([...seats].map(({ worker }) => worker.close()));
    },
  };
}

/** Gives the calls that the worker took with it their score: the one in flight, or all where the reward was being made. */
function blame({ job, indices, firstCall }: Flight, { kind, call, span, reason }: WorkerEnd): void {
  const score = { kind, reason: `reward ${job.request.name} ${reason}` };
  if (call > idle) {
    fill(job, indices.slice(call - firstCall, call - firstCall + span), score);
  } else if (call === making) {
    // Not of the calls' doing.
    fill(job, indices, { kind: "error", reason: score.reason });
  } else if (++job.faultlessEnds > mostFaultlessEnds) {
    fill(job, indices, score);
  }
}

function keyOf({ request: { name, source } }: Job): string {
  return JSON.stringify([name, source]);
}

function unscored({ scores }: Job): number[] {
  return scores.flatMap((score, index) => (score === undefined ? [index] : []));
}

function fill(job: Job, indices: readonly number[], score: Score): void {
  for (const index of indices) {
    job.scores[index] ??= score;
  }
}
