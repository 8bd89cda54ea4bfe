import type { Codec } from "../../compute/codec.ts";
import type { Message, ScoredGroup, ScoredRollout } from "../../pipeline.ts";
import type { StoredGroup, StoredRollout } from "../../trainer/stored-rollouts.ts";

export interface StoredBatch {
  groups: ScoredGroup[];
  completions: number;
  /** Completions of logs without tokens whose text has another number of tokens than were sampled. */
  retokenized: number;
}

/** Stored groups with their rewards. Tokens that the log lacks are made from the texts. */
export function readStoredBatch(stored: readonly StoredGroup[], codec: Codec): StoredBatch {
  let completions = 0;
  let retokenized = 0;
  const groups = stored.map(({ rollouts }): ScoredGroup => {
    const [first] = rollouts;
    const { problemId: id, prompt: text } = first!;
    const prompt = parsePrompt(text);
    const problem = { id, prompt, answer: "", columns: {} };
    return {
      prompt: { problem, tokenIds: codec.encodePrompt(prompt) },
      rollouts: rollouts.map((rollout) => {
        const tokenIds = rollout.tokenIds ?? completionTokens(rollout, codec);
        completions += 1;
        retokenized += tokenIds.length === rollout.completionTokens ? 0 : 1;
        return scoredRollout(rollout, tokenIds);
      }),
    };
  });
  return { groups, completions, retokenized };
}

/** A completion that stopped is closed by an end token, unless its last token was that of a stop text. */
function completionTokens(
  { completion, completionTokens: sampled, finishReason }: StoredRollout,
  codec: Codec,
): number[] {
  const closed = codec.encodeCompletion(completion);
  const isOpen = finishReason === "length" || closed.length === sampled + 1;
  return isOpen ? closed.slice(0, -1) : closed;
}

function scoredRollout(stored: StoredRollout, tokenIds: readonly number[]): ScoredRollout {
  const { reward, unscoredReason, completion: text, finishReason } = stored;
  return {
    rollout: { tokenIds, logprobs: [], entropies: [], finishReason, text },
    score:
      reward === null
        ? { kind: "unscorable", reason: unscoredReason ?? "no reward in the log" }
        : { kind: "value", value: reward },
    scores: {},
  };
}

/** Messages as the log writes them, or the text itself. */
function parsePrompt(text: string): string | Message[] {
  if (!text.startsWith('[{"')) {
    return text;
  }
  try {
    return JSON.parse(text) as Message[];
  } catch {
    return text;
  }
}
