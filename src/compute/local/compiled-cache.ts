/** Keeps the most recently used values by key and frees the one that was not used for longest. */
export interface CompiledCache<T> {
  get(key: string, compile: () => T): T;
  clear(): void;
}

export function createCompiledCache<T extends { free(): void }>(capacity: number): CompiledCache<T> {
  const entries = new Map<string, T>();
  return {
    get: (key, compile) => {
      const value = entries.get(key) ?? compile();
      entries.delete(key);
      entries.set(key, value);
      if (entries.size > capacity) {
        const [oldest, stale] = entries.entries().next().value!;
        entries.delete(oldest);
        stale.free();
      }
      return value;
    },
    clear: () => {
      for (const value of entries.values()) {
        value.free();
      }
      entries.clear();
    },
  };
}
