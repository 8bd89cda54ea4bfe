const keptMilliseconds = 20;

let bytes = 0;
let readAt = Number.NEGATIVE_INFINITY;

/** Bytes of memory that the whole process holds; read anew no more often than the watches of all workers need. */
export function residentMemory(now: number): number {
  if (now - readAt > keptMilliseconds) {
    bytes = process.memoryUsage.rss();
    readAt = now;
  }
  return bytes;
}
