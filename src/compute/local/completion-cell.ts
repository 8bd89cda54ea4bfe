import { hashSeed, uniform } from "../../random.ts";
import type { SampledCompletion, SampleRequest, SamplingParameters } from "../sampler.ts";
import type { DecodeSession } from "./decode-session.ts";
import type { TokenChoice } from "./draw.ts";
import { drawFromProbabilities } from "./probability-draw.ts";
import { createStopDetector, type StopDetector } from "./stop-strings.ts";
import { createTokenChooser } from "./token-choice.ts";

/** A completion in the making. */
export interface CompletionCell {
  /** Index of its request, and its own among the completions of that. */
  request: number;
  index: number;
  promptTokenIds: readonly number[];
  seed: number;
  completion: SampledCompletion;
  stop: StopDetector;
  finished: boolean;
}

/** One empty cell for each completion that a request asks for. */
export function createCells(
  { promptTokenIds, seed, count }: SampleRequest,
  request: number,
  stop: readonly string[],
  decode: (tokenIds: readonly number[]) => string,
): CompletionCell[] {
  return Array.from({ length: count }, (_, index) => ({
    request,
    index,
    promptTokenIds,
    seed: hashSeed(seed, index),
    completion: { tokenIds: [], logprobs: [], entropies: [], finishReason: "length" },
    stop: createStopDetector(stop, decode),
    finished: false,
  }));
}

/** Chooses the next token of the cell at a place of a session's grid. */
export type CellChooser = (session: DecodeSession, cell: CompletionCell, place: number) => TokenChoice;

export function createCellChooser(parameters: SamplingParameters, vocabularySize: number): CellChooser {
  const choose = createTokenChooser(parameters, vocabularySize);
  return ({ scores, entropies }, { promptTokenIds, completion, seed }, place) => {
    const random = uniform(seed, completion.tokenIds.length);
    if (entropies === null) {
      return choose(scores, place, promptTokenIds, completion.tokenIds, random);
    }
    const tokenId = drawFromProbabilities(scores, place, vocabularySize, random);
    const probability = scores[place * vocabularySize + tokenId];
    return { tokenId, logprob: Math.log(probability), entropy: entropies[place] };
  };
}

/** Adds a token to its completion, which may end with it. */
export function extendCell(
  cell: CompletionCell,
  { tokenId, logprob, entropy }: TokenChoice,
  endTokens: ReadonlySet<number>,
  maxTokens: number,
): void {
  const { completion } = cell;
  completion.tokenIds.push(tokenId);
  completion.logprobs.push(logprob);
  completion.entropies.push(entropy);
  if (endTokens.has(tokenId) || cell.stop.push(tokenId)) {
    completion.finishReason = "stop";
    cell.finished = true;
  } else {
    cell.finished = completion.tokenIds.length >= maxTokens;
  }
}
