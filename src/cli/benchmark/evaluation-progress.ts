import type { SampleProgress } from "../../compute/sampler.ts";
import { formatCount, formatDuration } from "../format.ts";
import type { TextOutput } from "../terminal.ts";

export interface EvaluationProgress {
  /** Of the sampler's call in flight. */
  update(benchmark: string, progress: SampleProgress): void;
  /** A call of the sampler is over; it drew so many completions and tokens. */
  add(completions: number, tokens: number): void;
  /** Ends the live line. */
  close(): void;
}

/** Seconds between two states of the live line, and between two plain lines where there is no TTY. */
const liveInterval = 0.2;
const plainInterval = 10;

/** Tells a person how far an evaluation is: one live line on a TTY, now and then a plain line anywhere else. */
export function createEvaluationProgress(
  output: TextOutput,
  { total, before }: { total: number; before: number },
  now: () => number = Date.now,
): EvaluationProgress {
  const live = output.isTTY === true;
  const start = now() / 1000;
  let done = { completions: 0, tokens: 0 };
  let lastShown = live ? Number.NEGATIVE_INFINITY : start;
  let hasLine = false;
  return {
    update(benchmark, { finished, completionTokens }) {
      const time = now() / 1000;
      if (time - lastShown < (live ? liveInterval : plainInterval)) {
        return;
      }
      lastShown = time;
      const line = progressLine({
        benchmark,
        total,
        before,
        drawn: done.completions + finished,
        tokens: done.tokens + completionTokens,
        seconds: time - start,
      });
      output.write(live ? `\r\u001b[2K${line.slice(0, (output.columns ?? 100) - 1)}` : `${line}\n`);
      hasLine = live;
    },
    add(completions, tokens) {
      done = { completions: done.completions + completions, tokens: done.tokens + tokens };
    },
    close() {
      if (hasLine) {
        output.write("\r\u001b[2K");
        hasLine = false;
      }
    },
  };
}

/** `aime24 · 120 of 480 completions · 1.8 completions/s · 412 tokens/s · 3m 20s left`; `drawn` of them in `seconds`. */
export function progressLine(state: {
  benchmark: string;
  total: number;
  before: number;
  drawn: number;
  tokens: number;
  seconds: number;
}): string {
  const { benchmark, total, before, drawn, tokens, seconds } = state;
  const rate = drawn / Math.max(seconds, 1e-9);
  const done = before + drawn;
  return [
    benchmark,
    `${done} of ${total} completions`,
    ...(drawn > 0
      ? [rate >= 1 ? `${formatCount(rate)} completions/s` : `${formatDuration(1 / rate)} a completion`]
      : []),
    `${formatCount(tokens / Math.max(seconds, 1e-9))} tokens/s`,
    ...(drawn > 0 ? [`${formatDuration((total - done) / rate)} left`] : []),
  ].join(" · ");
}
