import { type Dirent, readdirSync } from "node:fs";
import path from "node:path";
import { adapterShapes } from "../../compute/local/lora/adapter.ts";
import { writtenTypeOf } from "../../compute/local/saved-folder.ts";
import { sizeOf } from "../../engine/shape.ts";
import { freeSpace } from "../../hub/disk-space.ts";
import { isMissingPath, statIfPresent } from "../../missing-path.ts";
import { momentBytes } from "../../optim/moment.ts";
import { elementBytes } from "../../safetensors/header.ts";
import { runPaths } from "../../trainer/run-folder.ts";
import { formatBytes } from "../format.ts";
import type { PreparedModel } from "../prepared-run.ts";
import type { MeasuredRecipe } from "../run-length.ts";
import type { Check } from "./check.ts";
import { failure, ok, warning } from "./finding.ts";

/** Compares what checkpoints will take with what is free. Rollouts and journal are small beside them. */
export const diskCheck: Check = {
  name: "disk",
  examine: ({ run, runFolder }) => {
    const size = checkpointBytes(run);
    const { most, parts } = checkpointsAtOnce(run.recipe);
    const present = folderBytes(runPaths(runFolder).checkpoints);
    const needed = Math.max(size, most * size - present);
    const free = freeSpace(runFolder);
    const words = `checkpoints of ${formatBytes(size)}, at most ${most} at once (${parts}), take ${formatBytes(most * size)} in ${runFolder}`;
    if (!Number.isFinite(free)) {
      return [ok("disk", `${words}, whose disk does not tell its size`)];
    }
    const message = `${words}; ${formatBytes(free)} are free there`;
    const remedy = "free some, choose another disk with --output, or lower checkpoint.keep";
    if (needed > free) {
      return [failure("disk", message, remedy)];
    }
    return needed > 0.9 * free ? [warning("disk", message, remedy)] : [ok("disk", message)];
  },
};

/** Weights as they are stored, the moments of what is trained, and float32 weights of what is stored narrower. */
export function checkpointBytes({ recipe, description }: PreparedModel): number {
  const { model, adapter, storedTypes } = description;
  const trained = adapter
    ? [...adapterShapes(model, adapter.layers)].map(([name, shape]) => ({
        name,
        shape,
        sourceTypes: adapter.storedTypes,
      }))
    : model.parameters.map(({ name, shape }) => ({ name, shape, sourceTypes: storedTypes }));
  let bytes = 0;
  for (const { name, shape, sourceTypes } of trained) {
    const values = sizeOf(shape);
    const type = writtenTypeOf(recipe.checkpoint.dtype, sourceTypes)(name);
    const master = type === "F32" ? 0 : elementBytes.F32;
    bytes += values * (elementBytes[type] + master) + 2 * momentBytes(values, recipe.optimizer.state);
  }
  return bytes;
}

/** Those that are kept, the newest, and the one that is being written before an older one goes. */
function checkpointsAtOnce({ checkpoint, train, warmStart }: MeasuredRecipe): {
  most: number;
  parts: string;
} {
  const steps = train.steps + (warmStart?.steps ?? 0);
  const kept = checkpoint.every > 0 ? Math.min(checkpoint.keep, Math.floor(steps / checkpoint.every)) : 0;
  const parts = [...(kept > 0 ? [`${kept} kept`] : []), "the newest", "one being written"];
  return { most: kept + 2, parts: parts.join(", ") };
}

/** Of a folder in which another process may be at work: what is gone meanwhile takes nothing. */
function folderBytes(folder: string): number {
  return entriesOf(folder).reduce((bytes, entry) => {
    const place = path.join(folder, entry.name);
    const own = entry.isFile() ? (statIfPresent(place)?.size ?? 0) : 0;
    return bytes + (entry.isDirectory() ? folderBytes(place) : own);
  }, 0);
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissingPath(error)) {
      return [];
    }
    throw error;
  }
}
