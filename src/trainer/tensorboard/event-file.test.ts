import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import checksums from "crc-32/crc32c.js";
import { expect, test } from "vitest";
import { createSumsRun } from "../../../test/support/sums-run.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import type { RunEvent } from "../../pipeline.ts";
import { train } from "../train.ts";
import { type Event, EventSchema, SessionLog_SessionStatus } from "./event_pb.ts";
import { framed } from "./framed.ts";
import { scalarsOf } from "./scalars.ts";

/** As TensorFlow masks a checksum (`crc32c.h`), the other way round. */
function unmasked(value: number): number {
  const rotated = (value - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

function recordsIn(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(unmasked(bytes.readUInt32LE(at + 8))).toBe(checksums.buf(bytes.subarray(at, at + 8)) >>> 0);
    expect(unmasked(bytes.readUInt32LE(at + 12 + length))).toBe(checksums.buf(data) >>> 0);
    records.push(data);
    at += 16 + length;
  }
  return records;
}

/** Of each file of a run, in the order in which TensorBoard reads them. */
function eventsOf(runDirectory: string): Event[][] {
  const folder = path.join(runDirectory, "tensorboard");
  return readdirSync(folder)
    .sort()
    .map((name) =>
      recordsIn(readFileSync(path.join(folder, name))).map((data) => fromBinary(EventSchema, data)),
    );
}

const scalars = (events: readonly Event[]) =>
  events.flatMap(({ step, what }) =>
    what.case === "summary"
      ? [
          {
            step: Number(step),
            values: Object.fromEntries(what.value.value.map((v) => [v.tag, v.value.value])),
          },
        ]
      : [],
  );

test("the checksum of a record is that of the standard's example, masked", () => {
  const record = Buffer.from(framed(Buffer.from("123456789")));
  expect(record.readBigUInt64LE(0)).toBe(9n);
  expect(unmasked(record.readUInt32LE(21))).toBe(0xe3069283);
});

const step: RunEvent = {
  time: "2026-01-02T03:04:05.000Z",
  type: "step",
  stage: "train",
  step: 7,
  loss: -0.5,
  learningRate: 0.001,
  gradientNorm: 2,
  metrics: { kl: 0.25 },
  tokens: 640,
  seconds: { sample: 1, score: 0.5, learn: 2, total: 3.5 },
  signal: {
    groups: 4,
    informativeGroups: 0,
    allRightGroups: 1,
    allWrongGroups: 3,
    unscoredGroups: 0,
    alpha: 1,
    resampleRounds: 2,
    surplusGroups: 8,
    sampledCompletions: 96,
    unscorable: 0,
    timeouts: 0,
    errors: 1,
    sampledTokens: 900,
    tokensPerInformativeGroup: null,
    zeroLossReason: "in words",
  },
  rollouts: {
    reward: 0.125,
    rewards: { accuracy: 0, "my.file": 1 },
    entropy: 0.75,
    completionLength: { mean: 9.5, min: 1, max: 30 },
    truncatedShare: 0,
  },
};

test("the numbers of a step have the names of the journal, zeros too, and what is missing is left out", () => {
  expect(scalarsOf(step)).toEqual({
    "train/loss": -0.5,
    "train/learningRate": 0.001,
    "train/gradientNorm": 2,
    "train/tokens": 640,
    "train/kl": 0.25,
    "seconds/sample": 1,
    "seconds/score": 0.5,
    "seconds/learn": 2,
    "seconds/total": 3.5,
    "signal/groups": 4,
    "signal/informativeGroups": 0,
    "signal/allRightGroups": 1,
    "signal/allWrongGroups": 3,
    "signal/unscoredGroups": 0,
    "signal/alpha": 1,
    "signal/resampleRounds": 2,
    "signal/surplusGroups": 8,
    "signal/sampledCompletions": 96,
    "signal/unscorable": 0,
    "signal/timeouts": 0,
    "signal/errors": 1,
    "signal/sampledTokens": 900,
    "rollouts/reward": 0.125,
    "rollouts/rewards/accuracy": 0,
    "rollouts/rewards/my.file": 1,
    "rollouts/entropy": 0.75,
    "rollouts/completionLength/mean": 9.5,
    "rollouts/completionLength/min": 1,
    "rollouts/completionLength/max": 30,
    "rollouts/truncatedShare": 0,
  });
  const { time } = step;
  expect(
    scalarsOf({
      time,
      type: "evaluation",
      step: 7,
      label: "held-out",
      problems: 9,
      metrics: { accuracy: 0.5 },
      seconds: 2,
    }),
  ).toEqual({ "held-out/accuracy": 0.5 });
  expect(scalarsOf({ time, type: "warning", step: 7, message: "mind" })).toEqual({});
});

test("every step and evaluation is written, and a resumed run says from where", async () => {
  const folder = temporaryFolder();
  const evaluate = { every: 2, problems: 4, atStart: true };
  const first = createSumsRun(folder, { steps: 2, evaluate });
  await train(first.options);
  const second = createSumsRun(folder, { steps: 4, evaluate, resume: true });
  await train(second.options);

  const files = eventsOf(folder);
  expect(files).toHaveLength(2);
  for (const [index, { events }] of [first, second].entries()) {
    const [version, ...others] = files[index]!;
    expect(version!.what).toEqual({ case: "fileVersion", value: "brain.Event:2" });
    const expected = events.flatMap((event) => {
      const values = scalarsOf(event);
      return "step" in event && Object.keys(values).length > 0 ? [{ step: event.step, values }] : [];
    });
    const rounded = expected.map(({ step, values }) => ({
      step,
      values: Object.fromEntries(Object.entries(values).map(([tag, value]) => [tag, Math.fround(value)])),
    }));
    expect(scalars(others)).toEqual(rounded);
    expect(rounded.length).toBeGreaterThan(3);
  }
  const restart = files[1]!.find(({ what }) => what.case === "sessionLog")!;
  expect(restart.step).toBe(BigInt(3 + 2 + 1));
  expect(restart.what.value).toMatchObject({ status: SessionLog_SessionStatus.START });
});
