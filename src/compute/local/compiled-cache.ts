/** Keeps the most recently used values by key and frees those that were not used for longest. */
export interface CompiledCache<T> {
  get(key: string, compile: () => T): T;
  clear(): void;
}

/** What else a cache is bounded by: bytes that its values hold. The two newest values stay whatever they hold. */
export interface ByteLimit<T> {
  of(value: T): number;
  most(): number;
}

export function createCompiledCache<T extends { free(): void }>(
  capacity: number,
  bytes?: ByteLimit<T>,
): CompiledCache<T> {
  const entries = new Map<string, T>();
  const isOver = (): boolean => {
    const held = bytes === undefined ? 0 : [...entries.values()].reduce((sum, one) => sum + bytes.of(one), 0);
    return entries.size > capacity || (entries.size > 2 && bytes !== undefined && held > bytes.most());
  };
  return {
    get: (key, compile) => {
      const value = entries.get(key) ?? compile();
      entries.delete(key);
      entries.set(key, value);
      while (isOver()) {
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
