import { formatBytes, formatDuration } from "./format.ts";
import type { TextOutput } from "./terminal.ts";

interface TransferProgress {
  doneBytes: number;
  totalBytes: number;
}

export interface TransferDisplay {
  update(progress: TransferProgress): void;
  /** Ends the live line. */
  close(): void;
}

/** Seconds between two states of the live line, and between two plain lines where there is no TTY. */
const liveInterval = 0.1;
const plainInterval = 10;
const barWidth = 24;

/** Tells a person how far a download or upload is: one live line on a TTY, now and then a plain line anywhere else. */
export function createTransferProgress(
  output: TextOutput,
  what: "download" | "upload",
  model: string,
  now: () => number = Date.now,
): TransferDisplay {
  const live = output.isTTY === true;
  let start: { time: number; bytes: number } | undefined;
  let lastShown = Number.NEGATIVE_INFINITY;
  let finished = false;
  let hasLine = false;
  return {
    update(progress) {
      const { doneBytes, totalBytes } = progress;
      const time = now() / 1000;
      start ??= { time, bytes: doneBytes };
      const isLast = doneBytes === totalBytes;
      if (finished || (!isLast && time - lastShown < (live ? liveInterval : plainInterval))) {
        return;
      }
      lastShown = time;
      finished = isLast;
      const line = transferLine(what, model, progress, doneBytes - start.bytes, time - start.time);
      output.write(
        live ? `\r\u001b[2K${bar(progress)} ${line}`.slice(0, (output.columns ?? 100) + 4) : `${line}\n`,
      );
      hasLine = live;
    },
    close() {
      if (hasLine) {
        output.write("\n");
        hasLine = false;
      }
    },
  };
}

/** `downloading org/name · 41% of 988.0 MiB · 53.1 MiB/s · 11s left`; `received` bytes came in `seconds`. */
function transferLine(
  what: string,
  model: string,
  { doneBytes, totalBytes }: TransferProgress,
  received: number,
  seconds: number,
): string {
  if (doneBytes === totalBytes) {
    return `${what}ed ${model} · ${formatBytes(totalBytes)} in ${formatDuration(seconds)}`;
  }
  const rate = received / Math.max(seconds, 1e-9);
  return [
    `${what}ing ${model}`,
    `${Math.floor((100 * doneBytes) / totalBytes)}% of ${formatBytes(totalBytes)}`,
    ...(rate > 0 && seconds > 0
      ? [`${formatBytes(rate)}/s`, `${formatDuration((totalBytes - doneBytes) / rate)} left`]
      : []),
  ].join(" · ");
}

function bar({ doneBytes, totalBytes }: TransferProgress): string {
  const filled = Math.floor((barWidth * doneBytes) / Math.max(totalBytes, 1));
  return `[${"=".repeat(filled).padEnd(barWidth)}]`;
}
