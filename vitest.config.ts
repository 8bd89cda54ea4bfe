import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // Worker threads inherit it, and Node 20 knows no TypeScript.
    execArgv: ["--import", new URL("./test/support/typescript-loader/register.mjs", import.meta.url).href],
  },
});
