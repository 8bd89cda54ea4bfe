import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import checksums from "crc-32/crc32c.js";
import { expect, test } from "vitest";
import { createSumsRun } from "../../../test/support/sums-run.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { train } from "../train.ts";
import { type Event, EventSchema, SessionLog_SessionStatus } from "./event_pb.ts";
import { framed } from "./record.ts";
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

test("every number of the journal's steps and evaluations is a scalar, and a resumed run says from where", async () => {
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
  const names = new Set(files.flatMap(scalars).flatMap(({ values }) => Object.keys(values)));
  for (const name of [
    "warm-start/loss",
    "train/loss",
    "train/gradientNorm",
    "train/learningRate",
    "seconds/sample",
    "signal/alpha",
    "signal/informativeGroups",
    "rollouts/reward",
    "rollouts/rewards/accuracy",
    "rollouts/completionLength/mean",
    "held-out/accuracy",
  ]) {
    expect(names).toContain(name);
  }
  const restart = files[1]!.find(({ what }) => what.case === "sessionLog")!;
  expect(restart.step).toBe(BigInt(3 + 2 + 1));
  expect(restart.what.value).toMatchObject({ status: SessionLog_SessionStatus.START });
});
