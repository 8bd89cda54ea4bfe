import { expect, test } from "vitest";
import { createCompiledCache } from "./compiled-cache.ts";

function tracked(freed: string[], name: string, size = 1) {
  return { name, size, free: () => void freed.push(name) };
}
type Tracked = ReturnType<typeof tracked>;

test("frees what was not used for longest, and everything in the end", () => {
  const freed: string[] = [];
  const cache = createCompiledCache<Tracked>(2);
  const get = (name: string): Tracked => cache.get(name, () => tracked(freed, name));
  const first = get("a");
  get("b");
  expect(get("a")).toBe(first);
  get("c");
  expect(freed).toEqual(["b"]);
  cache.clear();
  expect(freed).toEqual(["b", "a", "c"]);
});

test("frees the oldest beyond a limit of bytes, but never the two newest", () => {
  const freed: string[] = [];
  let most = 10;
  const cache = createCompiledCache<Tracked>(8, { of: ({ size }) => size, most: () => most });
  const get = (name: string, size: number): Tracked => cache.get(name, () => tracked(freed, name, size));
  get("a", 4);
  get("b", 3);
  get("c", 3);
  expect(freed).toEqual([]);
  get("d", 6);
  expect(freed).toEqual(["a", "b"]);
  get("e", 100);
  expect(freed).toEqual(["a", "b", "c"]);
  most = 200;
  get("f", 90);
  expect(freed).toEqual(["a", "b", "c"]);
});
