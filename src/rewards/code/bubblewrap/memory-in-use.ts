import { readdirSync, readFileSync } from "node:fs";

/** Bytes that a process and all below it hold by themselves: files that are only mapped do not count. */
export function memoryInUse(processId: number): number {
  const waiting = [processId];
  let bytes = 0;
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    try {
      const status = readFileSync(`/proc/${id}/status`, "utf8");
      for (const [, kilobytes] of status.matchAll(/^Rss(?:Anon|Shmem):\s*(\d+) kB$/gm)) {
        bytes += Number(kilobytes) * 1024;
      }
      for (const thread of readdirSync(`/proc/${id}/task`)) {
        const children = readFileSync(`/proc/${id}/task/${thread}/children`, "utf8");
        waiting.push(...children.split(" ").filter(Boolean).map(Number));
      }
    } catch (error) {
      // It, or a thread of it, ended meanwhile.
      if (!["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) {
        throw error;
      }
    }
  }
  return bytes;
}
