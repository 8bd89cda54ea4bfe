import type { Metrics, RunEvent, SignalLedger } from "../pipeline.ts";
import { formatCount, formatDuration, formatPercent } from "./format.ts";

type StepEvent = Extract<RunEvent, { type: "step" }>;

/** With the milliseconds at which it was told. */
type TimedStep = StepEvent & { at: number };

export interface ProgressOptions {
  /** Where the text goes; a TTY gets one live line, anything else plain lines. */
  output: { write(text: string): unknown; isTTY?: boolean; columns?: number };
  /** Optimizer steps of the warm start and of the whole run. */
  warmStartSteps: number;
  totalSteps: number;
  /** The step after which the run stops, if that is before its end. */
  lastStep?: number | undefined;
  /** Milliseconds. */
  now?: () => number;
}

export interface Progress {
  event(event: RunEvent): void;
  /** What goes on inside a step; at the end of the live line only. */
  activity(text: string): void;
  /** Ends the live line. */
  close(): void;
}

/** Seconds between two plain lines where there is no TTY. */
const plainInterval = 5;
/** Steps over which the rate is averaged. */
const rateWindow = 20;
/** Warnings of one step that are shown; the journal has all. */
const shownWarnings = 3;

/** Tells a person how a run is doing. */
export function createProgress(options: ProgressOptions): Progress {
  const { output, now = Date.now } = options;
  const live = output.isTTY === true;
  const recent: TimedStep[] = [];
  let liveLine = "";
  let latestStep = "";
  let lastPlain = Number.NEGATIVE_INFINITY;
  let stepsWithoutUpdate = 0;
  let warnings: string[] = [];

  const clear = () => {
    if (liveLine !== "") {
      output.write("\r\u001b[2K");
    }
  };
  const permanent = (line: string) => {
    clear();
    output.write(`${line}\n`);
    if (liveLine !== "") {
      output.write(liveLine);
    }
  };
  const show = (line: string) => {
    clear();
    liveLine = clip(line, (output.columns ?? 100) - 1);
    output.write(liveLine);
  };

  const flushWarnings = (alreadySaid: string | null) => {
    const news = warnings.filter((message) => alreadySaid === null || !message.includes(alreadySaid));
    warnings = [];
    for (const message of news.slice(0, shownWarnings)) {
      permanent(`warning: ${message}`);
    }
    if (news.length > shownWarnings) {
      permanent(`warning: ${news.length - shownWarnings} more of this step are in journal.jsonl`);
    }
  };

  const step = (event: StepEvent) => {
    if (recent[0]?.stage !== event.stage) {
      recent.length = 0;
      lastPlain = Number.NEGATIVE_INFINITY;
    }
    recent.push({ ...event, at: now() });
    recent.splice(0, recent.length - rateWindow);
    explainSignal(event);
    const end = event.stage === "warm-start" ? options.warmStartSteps : options.totalSteps;
    const line = stepLine(event, recent, { end, last: Math.min(end, options.lastStep ?? end) });
    latestStep = line;
    if (live) {
      show(line);
    } else if (event.step >= end || now() - lastPlain >= plainInterval * 1000) {
      lastPlain = now();
      permanent(line);
    }
  };

  const explainSignal = (event: StepEvent) => {
    const reason = event.signal?.zeroLossReason ?? null;
    if (reason !== null) {
      if (stepsWithoutUpdate === 0) {
        permanent(`step ${event.step}: nothing to learn from: ${reason}`);
      }
      stepsWithoutUpdate += 1;
    } else if (event.signal !== null) {
      if (stepsWithoutUpdate > 1) {
        permanent(`step ${event.step}: learning again after ${stepsWithoutUpdate} steps without an update`);
      }
      stepsWithoutUpdate = 0;
    }
  };

  return {
    event(event) {
      if (event.type === "warning") {
        warnings.push(event.message);
        return;
      }
      flushWarnings(event.type === "step" ? (event.signal?.zeroLossReason ?? null) : null);
      if (event.type === "step") {
        step(event);
        return;
      }
      if (live && liveLine !== "") {
        show(event.type === "run-finished" ? "" : latestStep);
      }
      const line = eventLine(event, options.totalSteps);
      if (line !== null) {
        permanent(line);
      }
    },
    activity(text) {
      if (live) {
        show(latestStep === "" ? text : `${latestStep} · ${text}`);
      }
    },
    close() {
      flushWarnings(null);
      if (liveLine !== "") {
        output.write("\n");
        liveLine = "";
      }
    },
  };
}

/** `step 120/300 · reward 0.71 · accuracy 64.1% · 5 of 8 groups informative · 0.8s/step · 9.1k tokens/s · 2m 24s left`. */
function stepLine(
  event: StepEvent,
  recent: readonly TimedStep[],
  { end, last }: { end: number; last: number },
): string {
  const mean = (read: (event: TimedStep) => number) =>
    recent.reduce((sum, each) => sum + read(each), 0) / Math.max(recent.length, 1);
  const seconds = mean((each) => each.seconds.total);
  const tokens = mean((each) => each.signal?.sampledTokens ?? each.tokens);
  const accuracy = event.rollouts?.rewards.accuracy;
  return [
    event.stage === "warm-start" ? `warm start ${event.step}/${end}` : `step ${event.step}/${end}`,
    ...(event.rollouts === null
      ? [`loss ${event.loss.toFixed(3)}`]
      : [`reward ${fixed(event.rollouts.reward, 2)}`]),
    ...(accuracy === undefined ? [] : [`accuracy ${formatPercent(accuracy)}`]),
    ...(event.signal === null ? [] : [groupsInWords(event.signal)]),
    ...divergenceInWords(event.metrics ?? {}),
    `${formatDuration(seconds)}/step`,
    `${formatCount(tokens / Math.max(seconds, 1e-9))} tokens/s`,
    ...(event.step < last ? [`${formatDuration(pace(recent) * (last - event.step))} left`] : []),
  ].join(" · ");
}

/** Seconds from step to step, checkpoints and evaluations between them included. */
function pace(recent: readonly TimedStep[]): number {
  const [first] = recent;
  const elapsed = (recent.at(-1)!.at - first!.at) / 1000;
  return (first!.seconds.total + elapsed) / recent.length;
}

function groupsInWords(signal: SignalLedger): string {
  const groups = `${signal.informativeGroups} of ${signal.groups} groups informative`;
  const unscored = signal.unscorable + signal.timeouts + signal.errors;
  return unscored === 0 ? groups : `${groups} · ${unscored} of ${signal.sampledCompletions} without a reward`;
}

/** What holds the policy near another one: the distance from the reference, and the share of tokens that were clipped. */
function divergenceInWords({ kl, clipLow, clipHigh }: Metrics): string[] {
  const clipped = clipLow === undefined && clipHigh === undefined ? null : (clipLow ?? 0) + (clipHigh ?? 0);
  return [
    ...(kl === undefined ? [] : [`KL ${kl.toPrecision(2)}`]),
    ...(clipped === null ? [] : [`${formatPercent(clipped)} clipped`]),
  ];
}

/** The permanent line of an event, or null where it needs none. */
function eventLine(
  event: Exclude<RunEvent, { type: "step" | "warning" }>,
  totalSteps: number,
): string | null {
  switch (event.type) {
    case "run-started":
      return `${event.recipe}: ${event.model}, ${formatCount(event.parameters)} parameters, seed ${event.seed}, ${event.totalSteps} steps`;
    case "run-resumed":
      return `resumed after step ${event.step} of ${event.totalSteps}`;
    case "evaluation": {
      return `evaluation (${event.label}) after step ${event.step}: ${metricsInWords(event.metrics).join(", ")} on ${event.problems} problems, ${formatDuration(event.seconds)}`;
    }
    case "checkpoint":
      return null;
    case "run-finished":
      return event.step < totalSteps
        ? null
        : `finished after ${event.step} steps, ${formatDuration(event.seconds)}`;
  }
}

/** `64 of 200 problems · 12.8 problems/s · 11s left`. */
export function progressLine(done: number, total: number, seconds: number): string {
  const rate = done / Math.max(seconds, 1e-9);
  return `${done} of ${total} problems · ${formatCount(rate)} problems/s · ${formatDuration((total - done) / rate)} left`;
}

/** The metrics of an evaluation, one phrase each; shares of trouble only where there is some. */
export function metricsInWords(metrics: Metrics): string[] {
  return Object.entries(metrics).flatMap(([name, value]) => {
    switch (name) {
      case "unscoredShare":
        return value > 0 ? [`${formatPercent(value)} without a reward`] : [];
      case "truncatedShare":
        return value > 0 ? [`${formatPercent(value)} cut at the token limit`] : [];
      case "completionLength":
        return [`${value.toFixed(1)} tokens a completion`];
      case "reward":
        return [`reward ${fixed(value, 3)}`];
      default:
        return [`${name} ${value >= 0 && value <= 1 ? formatPercent(value) : fixed(value, 3)}`];
    }
  });
}

/** Without the sign of what rounds to zero. */
function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}

function clip(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(columns - 1, 0))}…`;
}
