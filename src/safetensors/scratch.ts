/** Bytes that are converted at a time: few enough to stay in the processor's cache. */
export const scratchBytes = 1 << 22;

/** One buffer that is filled again and again, because touching fresh memory costs more than the conversion. */
export interface Scratch {
  /** The first `length` bytes of the buffer, at most `scratchBytes`; the next call gives the same ones. */
  bytes(length: number): Uint8Array;
}

/** Grows to the longest piece that is asked for, so that it never exceeds the data. */
export function createScratch(): Scratch {
  let buffer = new Uint8Array(0);
  return {
    bytes: (length) => {
      if (length > buffer.length) {
        buffer = new Uint8Array(length);
      }
      return buffer.subarray(0, length);
    },
  };
}
