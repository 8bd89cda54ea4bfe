import type { LocalBackend } from "../../compute/local/index.ts";
import type { TrainingBatch } from "../../pipeline.ts";

export interface NamedBatch {
  name: string;
  /** null for a loss that has nothing to learn from: its gradient is 0. */
  batch: TrainingBatch | null;
}

/** Gradients of losses at the same weights on the same rollouts. */
export interface GradientReport {
  losses: {
    name: string;
    loss: number;
    /** L2 norm. */
    norm: number;
    /** L2 norm by group of parameters. */
    groupNorms: Record<string, number>;
  }[];
  /** [loss][loss]; null where one of the two is 0. */
  cosines: (number | null)[][];
  /** The same within each group of parameters. */
  groupCosines: Record<string, (number | null)[][]>;
}

type Products = Readonly<Record<string, number>>;

/**
 * Measures every pair. At most `held` gradients are held beside the one in work, so that with fewer than there are losses
 * those behind are computed again for each `held` of them.
 */
export async function measureGradients(
  reader: LocalBackend["gradients"],
  batches: readonly NamedBatch[],
  { held, onProgress }: { held: number; onProgress?: ((done: number, total: number) => void) | undefined },
): Promise<GradientReport> {
  const live = batches.flatMap(({ name, batch }) => (batch === null ? [] : [{ name, batch }]));
  const products = new Map<string, Products>();
  const losses = new Map<string, number>();
  const total = passes(live.length, held);
  let done = 0;
  for (let first = 0; first < live.length; first += held) {
    const block = live.slice(first, first + held);
    for (const [offset, { name, batch }] of live.slice(first).entries()) {
      const keep = offset < block.length;
      const { loss, own, withKept } = await reader.measure(batch, { keep });
      losses.set(name, loss);
      products.set(pair(name, name), own);
      for (const [index, product] of withKept.entries()) {
        products.set(pair(block[index]!.name, name), product);
      }
      onProgress?.(++done, total);
    }
    await reader.forget();
  }
  return report(batches, losses, products);
}

/** Backward passes over the batch that measuring takes. */
function passes(count: number, held: number): number {
  let sum = 0;
  for (let left = count; left > 0; left -= held) {
    sum += left;
  }
  return sum;
}

const pair = (a: string, b: string): string => JSON.stringify([a, b].sort());

function report(
  batches: readonly NamedBatch[],
  losses: ReadonlyMap<string, number>,
  products: ReadonlyMap<string, Products>,
): GradientReport {
  const names = batches.map(({ name }) => name);
  const groups = [...new Set([...products.values()].flatMap((product) => Object.keys(product)))];
  const product = (a: string, b: string, group?: string): number => {
    const found = products.get(pair(a, b)) ?? {};
    return group === undefined
      ? Object.values(found).reduce((sum, value) => sum + value, 0)
      : (found[group] ?? 0);
  };
  const norm = (name: string, group?: string): number => Math.sqrt(product(name, name, group));
  const cosines = (group?: string): (number | null)[][] =>
    names.map((a) =>
      names.map((b) => {
        const length = norm(a, group) * norm(b, group);
        return length === 0 ? null : Math.min(Math.max(product(a, b, group) / length, -1), 1);
      }),
    );
  return {
    losses: names.map((name) => ({
      name,
      loss: losses.get(name) ?? 0,
      norm: norm(name),
      groupNorms: Object.fromEntries(groups.map((group) => [group, norm(name, group)])),
    })),
    cosines: cosines(),
    groupCosines: Object.fromEntries(groups.map((group) => [group, cosines(group)])),
  };
}
