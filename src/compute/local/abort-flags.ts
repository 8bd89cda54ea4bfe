/** Far more calls than ever wait at once. */
const slots = 1024;
const lowered = 0;
const raised = 1;

/** Which of the worker's calls were aborted, in memory that both threads see: the worker reads no message while it computes. */
export interface AbortFlags {
  /** Before the call is made: its slot belonged to one that is long answered. */
  lower(call: number): void;
  raise(call: number): void;
  isRaised(call: number): boolean;
}

export function allocateAbortFlags(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(slots * Int32Array.BYTES_PER_ELEMENT));
}

export function abortFlags(shared: Int32Array): AbortFlags {
  return {
    lower: (call) => void Atomics.store(shared, call % slots, lowered),
    raise: (call) => void Atomics.store(shared, call % slots, raised),
    isRaised: (call) => Atomics.load(shared, call % slots) === raised,
  };
}
