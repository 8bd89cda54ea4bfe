import { readdirSync, readFileSync, statfsSync } from "node:fs";

/** What the kernel holds for a file or folder in memory, its content aside. */
const bytesOfEntry = 2048;

/**
 * Bytes that a process and all below it hold by themselves, and what the entries of their working folder take. Files that are
 * only mapped do not count.
 */
export function memoryInUse(processId: number, workFolder: string): number {
  const waiting = [processId];
  let bytes = 0;
  let entries: number | undefined;
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
      entries ??= entriesOf(`/proc/${id}/root${workFolder}`);
    } catch (error) {
      // It, or a thread of it, ended meanwhile.
      if (!["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) {
        throw error;
      }
    }
  }
  return bytes + (entries ?? 0) * bytesOfEntry;
}

/** undefined where it cannot be seen through this process: not made yet, or not its user's. */
function entriesOf(folder: string): number | undefined {
  try {
    const { files, ffree } = statfsSync(folder);
    return files - ffree;
  } catch {
    return undefined;
  }
}
