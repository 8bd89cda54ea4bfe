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
  process.on("SIGINT", handle);
  process.on("SIGTERM", handle);
  return {
    signal: controller.signal,
    close() {
      process.off("SIGINT", handle);
      process.off("SIGTERM", handle);
    },
  };
}
