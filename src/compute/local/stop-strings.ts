/** Follows one completion and tells when its text contains a stop string. */
export interface StopDetector {
  /** Takes the newest token; true once a stop string is complete. */
  push(tokenId: number): boolean;
}

/** Tokens are decoded together, since a stop string or a character may span several of them. */
export function createStopDetector(
  stop: readonly string[],
  decode: (tokenIds: readonly number[]) => string,
): StopDetector {
  if (stop.length === 0) {
    return { push: () => false };
  }
  const tokenIds: number[] = [];
  return {
    push: (tokenId) => {
      tokenIds.push(tokenId);
      // Every token adds at least one byte, so these hold the longest stop string that could end here.
      const longest = Math.max(...stop.map((text) => Buffer.byteLength(text)));
      const tail = decode(tokenIds.slice(-(longest + 1)));
      return stop.some((text) => tail.includes(text));
    },
  };
}
