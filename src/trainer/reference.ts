import { existsSync, rmSync } from "node:fs";
import { isImitation } from "../algorithms/algorithm.ts";
import { createDirectoryAtomically } from "../atomic-file.ts";
import { CheckpointError } from "../errors.ts";
import type { Run } from "./run.ts";

/**
 * The reference of a KL term is the policy that the first reward meets. Without a warm start that is where the learner
 * began; after one it is kept in the run folder, from where a resumed run has it again.
 */
export async function prepareReference(run: Run, step: number): Promise<void> {
  const { options, paths, warmStartSteps } = run;
  const { algorithm, learner } = options;
  if (isImitation(algorithm) || !algorithm.usesReference || warmStartSteps === 0) {
    return;
  }
  if (step === warmStartSteps) {
    rmSync(paths.reference, { recursive: true, force: true });
    await createDirectoryAtomically(paths.reference, (directory) => learner.freezeReference(directory));
  }
}

/** For a run that goes on behind its warm start. */
export async function restoreReference({ options, paths, warmStartSteps }: Run, step: number): Promise<void> {
  const { algorithm, learner } = options;
  if (isImitation(algorithm) || !algorithm.usesReference || warmStartSteps === 0 || step <= warmStartSteps) {
    return;
  }
  if (!existsSync(paths.reference)) {
    throw new CheckpointError(
      `${paths.reference} is missing, without which the KL term of ${algorithm.name} cannot go on; put it back, or train into another folder`,
    );
  }
  await learner.loadReference(paths.reference);
}
