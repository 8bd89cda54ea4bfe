import { expect, test } from "vitest";
import { abortFlags, allocateAbortFlags } from "./abort-flags.ts";

test("a call that is made during an aborted one leaves it aborted", () => {
  const shared = allocateAbortFlags();
  const [client, worker] = [abortFlags(shared), abortFlags(shared)];
  client.lower(7);
  client.raise(7);
  client.lower(8);
  expect([worker.isRaised(7), worker.isRaised(8)]).toEqual([true, false]);
  client.raise(8);
  expect([worker.isRaised(7), worker.isRaised(8)]).toEqual([true, true]);
});

test("a slot is free again for a later call", () => {
  const flags = abortFlags(allocateAbortFlags());
  flags.raise(3);
  flags.lower(3 + 1024);
  expect(flags.isRaised(3 + 1024)).toBe(false);
});
