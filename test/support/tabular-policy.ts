import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Codec } from "../../src/compute/codec.ts";
import type { Learner } from "../../src/compute/learner.ts";
import type { SampledCompletion, Sampler, SamplingParameters } from "../../src/compute/sampler.ts";
import { tokenLoss } from "../../src/losses/token-loss.ts";
import { hashSeed, uniform } from "../../src/random.ts";

/**
 * The smallest policy that really samples and really learns: a softmax over a dozen tokens, with one row of logits for
 * each prompt and prefix. Gradient descent with momentum, so that resuming without the optimizer's state shows.
 */
export interface TabularPolicy {
  codec: Codec;
  sampler: Sampler;
  learner: Learner;
  /** Everything that was ever learned, as text: equal text, equal bits. */
  weights(): string;
}

const characters = "0123456789+=";
const endTokenId = characters.length;
const vocabularySize = characters.length + 1;
const momentum = 0.5;

type Table = Map<string, number[]>;

export function createTabularPolicy(): TabularPolicy {
  let logits: Table = new Map();
  let velocity: Table = new Map();
  let reference: Table = new Map();
  const gradients: Table = new Map();

  const distribution = (row: string, temperature: number, table = logits): number[] => {
    const values = table.get(row) ?? new Array<number>(vocabularySize).fill(0);
    const highest = Math.max(...values);
    const first = values.indexOf(highest);
    const powers = values.map((value, token) =>
      temperature === 0 ? Number(token === first) : Math.exp((value - highest) / temperature),
    );
    const total = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / total);
  };

  const complete = (prompt: readonly number[], seed: number, parameters: SamplingParameters) => {
    const completion: SampledCompletion = {
      tokenIds: [],
      logprobs: [],
      entropies: [],
      finishReason: "length",
    };
    for (let position = 0; position < parameters.maxTokens; position++) {
      const probabilities = distribution(rowName(prompt, completion.tokenIds), parameters.temperature);
      const tokenId = draw(probabilities, uniform(seed, position));
      completion.tokenIds.push(tokenId);
      completion.logprobs.push(Math.log(probabilities[tokenId]));
      completion.entropies.push(probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0));
      const text = codec.decode(completion.tokenIds);
      if (tokenId === endTokenId || parameters.stop.some((stop) => text.includes(stop))) {
        completion.finishReason = "stop";
        break;
      }
    }
    return completion;
  };

  return {
    codec,
    weights: () => JSON.stringify([sorted(logits), sorted(velocity)]),
    sampler: {
      async sample(requests, parameters, { onCompletion } = {}) {
        return requests.map(({ promptTokenIds, count, seed }, request) =>
          Array.from({ length: count }, (_, completion) => {
            const sampled = complete(promptTokenIds, hashSeed(seed, completion), parameters);
            onCompletion?.({ request, completion, sampled });
            return sampled;
          }),
        );
      },
    },
    learner: {
      async forwardBackward({ groups, loss: batchLoss, temperature = 1 }) {
        let loss = 0;
        let tokens = 0;
        const clip = batchLoss?.name === "clipped-ratio" ? batchLoss.clip : undefined;
        const logprobs = groups.map(({ promptTokenIds, completions }) =>
          completions.map(({ tokenIds, weights, oldLogprobs, referenceLogprobs, klWeights }) =>
            tokenIds.map((tokenId, position) => {
              const row = rowName(promptTokenIds, tokenIds.slice(0, position));
              const probabilities = distribution(row, temperature);
              const gradient = rowOf(gradients, row);
              const logprob = Math.log(probabilities[tokenId]);
              const lossAt = (at: number): number =>
                tokenLoss(at, {
                  weight: weights[position],
                  clip,
                  oldLogprob: oldLogprobs?.[position] ?? logprob,
                  klWeight: klWeights?.[position],
                  referenceLogprob: referenceLogprobs?.[position],
                }).loss;
              const slope = (lossAt(logprob + 1e-5) - lossAt(logprob - 1e-5)) / 2e-5;
              for (const [token, probability] of probabilities.entries()) {
                gradient[token] += (slope * (Number(token === tokenId) - probability)) / temperature;
              }
              tokens += 1;
              loss += lossAt(logprob);
              return logprob;
            }),
          ),
        );
        return { loss, logprobs, tokens, metrics: {} };
      },
      async logprobs({ groups, temperature = 1 }, of) {
        return groups.map(({ promptTokenIds, completions }) =>
          completions.map(({ tokenIds }) =>
            tokenIds.map((tokenId, position) => {
              const row = rowName(promptTokenIds, tokenIds.slice(0, position));
              return Math.log(distribution(row, temperature, of === "policy" ? logits : reference)[tokenId]);
            }),
          ),
        );
      },
      async optimStep({ learningRate }) {
        let squares = 0;
        for (const [row, gradient] of gradients) {
          const [speed, values] = [rowOf(velocity, row), rowOf(logits, row)];
          for (const [token, slope] of gradient.entries()) {
            squares += slope * slope;
            speed[token] = momentum * speed[token] + slope;
            values[token] -= learningRate * speed[token];
          }
        }
        gradients.clear();
        return { gradientNorm: Math.sqrt(squares) };
      },
      async save(directory) {
        writeFileSync(path.join(directory, "model.json"), JSON.stringify(sorted(logits)));
        writeFileSync(path.join(directory, "optimizer.json"), JSON.stringify(sorted(velocity)));
      },
      async load(directory) {
        logits = readTable(path.join(directory, "model.json"));
        velocity = readTable(path.join(directory, "optimizer.json"));
      },
      async freezeReference(directory) {
        reference = new Map(structuredClone([...logits]));
        writeFileSync(path.join(directory, "model.json"), JSON.stringify(sorted(reference)));
      },
      async loadReference(directory) {
        reference = readTable(path.join(directory, "model.json"));
      },
    },
  };
}

const codec: Codec = {
  endTokenIds: [endTokenId],
  encodePrompt: (prompt) =>
    encode(typeof prompt === "string" ? prompt : prompt.map((m) => m.content).join("")),
  encodeCompletion: (text) => [...encode(text), endTokenId],
  decode: (tokenIds) =>
    tokenIds
      .filter((tokenId) => tokenId !== endTokenId)
      .map((tokenId) => characters[tokenId])
      .join(""),
};

function encode(text: string): number[] {
  return Array.from(text, (character) => characters.indexOf(character));
}

function draw(probabilities: readonly number[], random: number): number {
  let below = 0;
  for (const [tokenId, probability] of probabilities.entries()) {
    below += probability;
    if (random < below) {
      return tokenId;
    }
  }
  return probabilities.findLastIndex((probability) => probability > 0);
}

function rowName(prompt: readonly number[], prefix: readonly number[]): string {
  return `${prompt.join(" ")} | ${prefix.join(" ")}`;
}

function rowOf(table: Table, row: string): number[] {
  const values = table.get(row) ?? new Array<number>(vocabularySize).fill(0);
  table.set(row, values);
  return values;
}

function sorted(table: Table): [string, number[]][] {
  return [...table].sort(([a], [b]) => (a < b ? -1 : 1));
}

function readTable(file: string): Table {
  return new Map(JSON.parse(readFileSync(file, "utf8")) as [string, number[]][]);
}
