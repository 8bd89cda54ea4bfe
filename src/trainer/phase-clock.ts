import type { PhaseSeconds } from "../pipeline.ts";

export interface PhaseClock {
  time<T>(phase: "sample" | "score" | "learn", work: () => T | Promise<T>): Promise<T>;
  /** The seconds so far. */
  read(): PhaseSeconds;
}

export function startPhaseClock(): PhaseClock {
  const start = performance.now();
  const seconds = { sample: 0, score: 0, learn: 0 };
  return {
    async time(phase, work) {
      const from = performance.now();
      try {
        return await work();
      } finally {
        seconds[phase] += (performance.now() - from) / 1000;
      }
    },
    read: () => ({ ...seconds, total: (performance.now() - start) / 1000 }),
  };
}
