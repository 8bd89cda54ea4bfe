import { z } from "zod";
import { compat } from "../compat.ts";
import { languages } from "./language.ts";

/**
 * `column`: the problem's column of tests, as upstream's `verification_info`.
 * `language`: of all programs; what the tests say, or Python, if left out.
 * `sandbox`: where programs run; there is no value for none.
 * `baseUrlVariable`, `apiKeyVariable`: environment variables that hold the address and the key of an endpoint.
 * `retries`: of a request to an endpoint that failed in passing, with growing waits.
 * `testSeconds`, `memoryMegabytes`, `processes`, `outputKilobytes`: limits of a program in one test.
 * `concurrency`: programs at once; one a core if left out.
 */
export const codeParameters = z.strictObject({
  compat,
  column: z.string().min(1).default("verification_info"),
  language: z.enum(languages).optional(),
  sandbox: z.enum(["bubblewrap", "piston", "e2b"]).default("bubblewrap"),
  baseUrlVariable: z.string().min(1).optional(),
  apiKeyVariable: z.string().min(1).optional(),
  retries: z.int().min(0).default(4),
  testSeconds: z.number().positive().max(3600).default(5),
  memoryMegabytes: z.int().min(1).default(512),
  processes: z.int().min(1).default(64),
  outputKilobytes: z.int().min(1).max(65_536).default(1024),
  concurrency: z.int().min(1).optional(),
});

export type CodeParameters = z.output<typeof codeParameters>;
