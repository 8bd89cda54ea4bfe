import { z } from "zod";

/** The parameter that every registered reward has: `upstream` gives the upstream system's verdicts, mistakes included. */
export const compat = z.enum(["upstream"]).optional();

export type Compat = z.output<typeof compat>;
