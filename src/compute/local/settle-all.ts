/** The results of all. Waits for every one also where one fails: a graph in flight must not outlive the call. */
export async function settleAll<T>(tasks: readonly Promise<T>[]): Promise<T[]> {
  return (await Promise.allSettled(tasks)).map((settled) => {
    if (settled.status === "rejected") {
      throw settled.reason;
    }
    return settled.value;
  });
}
