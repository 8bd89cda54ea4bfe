import { createDirectoryAtomically } from "../../../atomic-file.ts";
import { createOnnxRuntimeBackend } from "../../../engine/backends/onnxruntime/backend.ts";
import { type AdaptedModel, describeModel } from "../local-model.ts";
import { loadPolicy } from "../policy-storage.ts";
import { createSavedFolder, type SavedFolderOptions } from "../saved-folder.ts";
import { mergeAdapter } from "./merge.ts";

/** Writes base and adapter as one plain model folder, which must not be there yet; returns how many layers were changed. */
export async function writeMergedFolder(
  source: AdaptedModel,
  directory: string,
  options: SavedFolderOptions = {},
): Promise<number> {
  const description = describeModel(source);
  const { sideFiles, storedTypes: types } = description;
  const loaded = loadPolicy(createOnnxRuntimeBackend({ threads: 1 }), source, description);
  const merged = mergeAdapter({ policy: loaded, sideFiles, types });
  const folder = createSavedFolder(merged.policy, merged, options);
  await createDirectoryAtomically(directory, async (temporary) => folder.write(temporary));
  return description.adapter?.layers.size ?? 0;
}
