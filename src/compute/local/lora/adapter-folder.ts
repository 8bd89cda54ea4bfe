import { existsSync } from "node:fs";
import path from "node:path";
import { writeFileAtomically } from "../../../atomic-file.ts";
import { shownName } from "../../../error-text.ts";
import { ModelError } from "../../../errors.ts";
import { adapterConfigFile, adapterWeightsFile, configFile } from "../../../model-files.ts";
import { headWeight } from "../../../models/decoder-parameters.ts";
import type { LanguageModel } from "../../../models/model.ts";
import { equalsStored } from "../../../safetensors/equals-stored.ts";
import { openSafetensors, type SafetensorsFile } from "../../../safetensors/reader.ts";
import { type TensorToWrite, writeSafetensors } from "../../../safetensors/writer.ts";
import type { SideFiles } from "../model-folder.ts";
import { type Policy, weightName } from "../policy.ts";
import { encodeConfig, type SavedFolder, type SavedFolderOptions, writtenTypeOf } from "../saved-folder.ts";
import { keptType } from "../stored-weights.ts";
import { type Adapter, type AdapterDescription, adapterShapes, basePrefix } from "./adapter.ts";
import { type AdapterConfig, adaptedLayers } from "./adapter-config.ts";

/** True for a folder in PEFT's layout. */
export function isAdapterFolder(directory: string): boolean {
  return existsSync(path.join(directory, adapterConfigFile));
}

/** Matches an adapter folder with its base but for the values, which follow with `withAdapterWeights`. */
export function describeAdapter(
  directory: string,
  config: AdapterConfig,
  model: LanguageModel,
): AdapterDescription {
  const layers = adaptedLayers(config, model);
  const file = openAdapter(directory);
  try {
    const storedTypes = new Map(
      [...adapterShapes(model, layers)].map(([name, shape]) => {
        const stored = file.tensors.get(name);
        if (stored === undefined) {
          throw new ModelError(`${file.file} lacks ${name}, which ${config.file} asks for; copy both again`);
        }
        if (stored.shape.join() !== shape.join()) {
          throw new ModelError(
            `${file.file}: ${name} has shape [${stored.shape.join(", ")}], for this base and ${adapterConfigFile} it would be [${shape.join(", ")}]; is the adapter made for another model?`,
          );
        }
        return [name, keptType(stored, file.file)];
      }),
    );
    for (const name of file.tensors.keys()) {
      if (!storedTypes.has(name) && copiedParameter(name, model) === null) {
        throw new ModelError(
          `${file.file} has ${shownName(name)}, which is no adapter that ${adapterConfigFile} names; only A and B of linear layers are supported`,
        );
      }
    }
    return { configuration: config.json, layers, dropout: config.dropout, storedTypes };
  } finally {
    file.close();
  }
}

/** Calls `read` with a function that fills one parameter after another from the folder's weights. */
export function withAdapterWeights<T>(
  directory: string,
  read: (fill: (name: string, values: Float32Array) => void) => T,
): T {
  const file = openAdapter(directory);
  try {
    return read((name, values) => file.readInto(name, values));
  } finally {
    file.close();
  }
}

/**
 * PEFT stores embedding and vocabulary head beside an adapter of the latter. Throws ModelError where they are not those
 * of the base.
 */
export function checkCopiesOfBase(directory: string, { model, parameters }: Policy): void {
  const file = openAdapter(directory);
  try {
    for (const name of file.tensors.keys()) {
      const copied = copiedParameter(name, model);
      if (copied !== null && !equalsStored(file, name, parameters.get(copied)!.values as Float32Array)) {
        throw new ModelError(
          `${file.file}: ${name} differs from ${copied} of the base; an adapter that changes whole weights is not supported, merge it with PEFT`,
        );
      }
    }
  } finally {
    file.close();
  }
}

/** The parameter of the base that a tensor in an adapter file is a copy of, by its name, or null. */
function copiedParameter(name: string, model: LanguageModel): string | null {
  if (!name.startsWith(basePrefix)) {
    return null;
  }
  const own = name.slice(basePrefix.length).replace(".base_layer.", ".");
  const parameter = own === headWeight ? weightName(model, model.headLayer) : own;
  return model.parameters.some((spec) => spec.name === parameter) ? parameter : null;
}

function openAdapter(directory: string): SafetensorsFile {
  const file = path.join(directory, adapterWeightsFile);
  if (!existsSync(file) && existsSync(path.join(directory, "adapter_model.bin"))) {
    throw new ModelError(
      `${directory} has adapter_model.bin, which is not read, because such a file can run code; save the adapter again with PEFT's save_pretrained`,
    );
  }
  return openSafetensors(file);
}

/** True for side files that belong to the base alone. */
export function isFileOfBase(name: string): boolean {
  return name === configFile || name === "generation_config.json";
}

/** The policy's adapter as a folder that PEFT loads, with the tokenizer's files. */
export function createSavedAdapter(
  { parameters, configuration, storedTypes }: Adapter,
  sideFiles: SideFiles,
  { dtype = "source" }: SavedFolderOptions,
): SavedFolder {
  const typeOf = writtenTypeOf(dtype, storedTypes);
  return {
    isNarrowed: (name) => typeOf(name) !== "F32",
    write: (directory) => {
      const tensors = [...parameters].map(
        ([name, { shape, values }]): TensorToWrite => ({
          name,
          shape,
          values: values as Float32Array,
          storedType: typeOf(name),
        }),
      );
      writeSafetensors(path.join(directory, adapterWeightsFile), tensors);
      for (const [name, content] of Object.entries(sideFiles)) {
        if (!isFileOfBase(name)) {
          writeFileAtomically(path.join(directory, name), content);
        }
      }
      // Last, because it is what makes the folder one of an adapter.
      writeFileAtomically(path.join(directory, adapterConfigFile), encodeConfig(configuration));
    },
  };
}
