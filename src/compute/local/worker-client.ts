import { Worker } from "node:worker_threads";
import { BackendError, errorMessage } from "../../errors.ts";
import type { SampleOptions } from "../sampler.ts";
import { abortFlags, allocateAbortFlags } from "./abort-flags.ts";
import { reviveError, type WorkerAnswer, type WorkerMethod, type WorkerMethods } from "./worker-protocol.ts";

/** Those of `sample`, each of them left out or undefined. */
export type CallOptions = { [Option in keyof SampleOptions]?: SampleOptions[Option] | undefined };

interface Pending extends Omit<CallOptions, "signal"> {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Talks to the engine's worker: one call after another, in the order they were made. */
export interface WorkerClient {
  call<M extends WorkerMethod>(
    method: M,
    values: Parameters<WorkerMethods[M]>,
    options?: CallOptions,
  ): Promise<Awaited<ReturnType<WorkerMethods[M]>>>;
  close(): Promise<void>;
}

/** Starts the worker and waits until it is ready. */
export async function startWorker(workerData: object): Promise<WorkerClient> {
  const aborted = allocateAbortFlags();
  const flags = abortFlags(aborted);
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    workerData: { ...workerData, aborted },
  });
  const pending = new Map<number, Pending>();
  let nextId = 0;
  let death: Error | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    const die = (error: Error): void => {
      death = error;
      reject(error);
      for (const call of pending.values()) {
        call.reject(error);
      }
      pending.clear();
    };
    worker.on("error", (error) =>
      die(new BackendError(`the engine's worker failed: ${errorMessage(error)}`)),
    );
    worker.on("exit", (code) => die(new BackendError(`the engine's worker ended with code ${code}`)));
    worker.on("message", (answer: WorkerAnswer) => {
      if (answer.kind === "ready") {
        resolve();
        return;
      }
      if (answer.kind === "failed") {
        reject(reviveError(answer.error));
        return;
      }
      const call = pending.get(answer.id);
      if (answer.kind === "progress") {
        call?.onProgress?.(answer.progress);
        return;
      }
      if (answer.kind === "token") {
        call?.onToken?.(answer.token);
        return;
      }
      if (answer.kind === "completion") {
        call?.onCompletion?.(answer.finished);
        return;
      }
      pending.delete(answer.id);
      if (answer.kind === "result") {
        call?.resolve(answer.result);
      } else {
        call?.reject(reviveError(answer.error));
      }
    });
  });

  const close = async (): Promise<void> => {
    death ??= new BackendError("the engine was closed");
    await worker.terminate();
  };
  try {
    await ready;
  } catch (error) {
    await close();
    throw error;
  }
  return {
    call: (method, values, { signal, onProgress, onToken, onCompletion } = {}) => {
      if (death) {
        return Promise.reject(death);
      }
      const id = nextId++;
      flags.lower(id);
      const raise = (): void => flags.raise(id);
      if (signal?.aborted) {
        raise();
      }
      signal?.addEventListener("abort", raise, { once: true });
      const answered = new Promise<unknown>((resolve, reject) => {
        pending.set(id, { resolve, reject, onProgress, onToken, onCompletion });
        worker.postMessage({ id, method, values });
      });
      return answered.finally(() => signal?.removeEventListener("abort", raise)) as Promise<never>;
    },
    close,
  };
}
