import type { RotaryEmbedding } from "../nn/rotary-frequencies.ts";
import { formatBytes, formatPercent } from "./format.ts";
import type { ModelInspection, NamedToken } from "./model-inspection.ts";

const nameWidth = 14;
const specialTokensShown = 8;

/** An inspection as text for a terminal. */
export function inspectionReport(inspection: ModelInspection): string {
  const { name, folder, warnings } = inspection;
  const sections: [section: string, lines: string[]][] = [
    ["model", name === folder ? [name] : [name, folder]],
    ["architecture", architectureLines(inspection)],
    ["parameters", parameterLines(inspection)],
    ["memory", memoryLines(inspection)],
    ["tokenizer", tokenizerLines(inspection)],
    ["chat template", templateLines(inspection)],
    ["end of text", endTokenLines(inspection)],
    ["warnings", warnings.length === 0 ? ["none"] : warnings.map((warning) => `- ${warning}`)],
  ];
  return sections
    .map(([section, lines]) =>
      lines.map((line, index) => `${(index === 0 ? section : "").padEnd(nameWidth)}${line}\n`).join(""),
    )
    .join("");
}

function architectureLines({ architecture }: ModelInspection): string[] {
  const { family, layers, hiddenSize, intermediateSize, heads, keyValueHeads, headSize } = architecture;
  const { vocabularySize, maxPositions, rotaryEmbedding, tiedEmbeddings } = architecture;
  return [
    `${family}, ${layers} layers, hidden size ${hiddenSize}, intermediate size ${intermediateSize}`,
    `${heads} heads and ${keyValueHeads} key-value heads of size ${headSize}`,
    `vocabulary ${whole(vocabularySize)}, embeddings ${tiedEmbeddings ? "tied to the head" : "apart from the head"}`,
    `${whole(maxPositions)} positions, ${rotaryWords(rotaryEmbedding)}`,
  ];
}

function rotaryWords({ theta, scaling }: RotaryEmbedding): string {
  const plain = `rotary embedding with theta ${whole(theta)}`;
  return scaling === null
    ? plain
    : `${plain}, llama3 scaling by ${scaling.factor} from ${whole(scaling.originalPositions)} positions`;
}

function parameterLines({ parameters, storage }: ModelInspection): string[] {
  const types = Object.entries(storage.types).map(
    ([type, { tensors, bytes }]) => `${tensors} tensors ${type}, ${formatBytes(bytes)}`,
  );
  return [
    `${whole(parameters.total)}, all of them trainable; ${formatPercent(parameters.embeddingShare)} in embeddings`,
    `on disk ${types.join("; ")}`,
  ];
}

function memoryLines({ memory }: ModelInspection): string[] {
  return [
    `weights ${formatBytes(memory.weights)}, gradients ${formatBytes(memory.gradients)}, AdamW moments ${formatBytes(memory.adamwMoments)} (float32, without activations)`,
    `keys and values ${formatBytes(memory.keyValueCachePerToken)} a token, ${formatBytes(memory.keyValueCacheOf8x1024Tokens)} for 8 sequences of 1,024`,
  ];
}

function tokenizerLines({ tokenizer }: ModelInspection): string[] {
  const { vocabularySize, addedTokens, specialTokens, bos, eos, pad } = tokenizer;
  const shown = specialTokens.slice(0, specialTokensShown).map(named).join(" ");
  const more =
    specialTokens.length > specialTokensShown ? ` and ${specialTokens.length - specialTokensShown} more` : "";
  return [
    `${whole(vocabularySize)} tokens, ${addedTokens} of them added`,
    `BOS ${named(bos)}, EOS ${named(eos)}, PAD ${named(pad)}`,
    `special ${shown || "none"}${more}`,
  ];
}

function templateLines({ chatTemplate }: ModelInspection): string[] {
  if (chatTemplate === null) {
    return ["none"];
  }
  const { file, example, generationPrompt, opensThinkBlock } = chatTemplate;
  const think = opensThinkBlock ? "opens a think block" : "opens no think block";
  return [
    `from ${file}`,
    ...(example === null ? [] : [`example ${JSON.stringify(example)}`]),
    ...(generationPrompt === null ? [] : [`generation prompt ${JSON.stringify(generationPrompt)}, ${think}`]),
  ];
}

function endTokenLines({ endTokenIds }: ModelInspection): string[] {
  const ids = (list: readonly number[] | null): string => list?.join(", ") || "none";
  const { config, generationConfig, tokenizer, chatTemplate } = endTokenIds;
  return [
    `config.json ${ids(config)}; generation_config.json ${generationConfig === null ? "is missing" : ids(generationConfig)}; tokenizer_config.json ${ids(tokenizer)}; chat template ${ids(chatTemplate)}`,
  ];
}

function named(token: NamedToken | null): string {
  return token === null ? "none" : `${token.token} (${token.id ?? "no id"})`;
}

function whole(value: number): string {
  return value.toLocaleString("en-US");
}
