let watchers = 0;

/** True while something is under way that Ctrl-C ends in order: a run, whose folder holds what it tells. */
export function endsOnInterruption(): boolean {
  return watchers > 0;
}

/** Turns Ctrl-C into a wish to end after the step in flight. A second Ctrl-C ends the process at once. */
export function watchInterruption(onFirst: () => void): { signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  const handle = () => {
    if (controller.signal.aborted) {
      process.exit(130);
    }
    controller.abort();
    onFirst();
  };
  watchers += 1;
  process.on("SIGINT", handle);
  process.on("SIGTERM", handle);
  return {
    signal: controller.signal,
    close() {
      watchers -= 1;
      process.off("SIGINT", handle);
      process.off("SIGTERM", handle);
    },
  };
}
