import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { openSafetensors } from "../../src/safetensors/reader.ts";
import { gpgrad } from "../support/gpgrad.ts";

const fixtures = process.env.GPGRAD_FIXTURES ?? "../shared/fixtures";
const model = path.join(fixtures, "models/qwen2-tied-bf16-sharded");

const folder = mkdtempSync(path.join(tmpdir(), "gpgrad-narrow-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Shares of the tensors that are stored in each type, and the values of one of them. */
function read(file: string, tensor: string) {
  const opened = openSafetensors(file);
  const { shape } = opened.tensors.get(tensor)!;
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  opened.readInto(tensor, values);
  opened.close();
  return { types: new Set([...opened.tensors.values()].map(({ storedType }) => storedType)), values };
}

test.skipIf(!existsSync(model))(
  "a bfloat16 model stays bfloat16 on disk, trains in float32, and resumes to the same bits",
  async () => {
    const data = path.join(folder, "sums.jsonl");
    const rows = [1, 2, 3, 4, 5].map((a) => ({
      question: `What is ${a} + 2?`,
      answer: `${a}+2\n#### ${a + 2}`,
    }));
    writeFileSync(data, `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
    const train = (run: string, ...more: string[]) => [
      ...["train", "recipes/gsm8k.yaml", "--model", model, "--output", run],
      ...["--set", `task.path=${data}`, "--set", "train.steps=2", "--set", "evaluate.problems=0"],
      // Steps that are small beside bfloat16's, so that what is rounded away shows.
      ...["--set", "warmStart={ steps: 4, batchSize: 4, learningRate: 0.00003 }"],
      ...["--set", "sampling.maxTokens=32", "--set", "checkpoint.rollingEvery=1"],
      ...more,
    ];
    const succeeds = async (...args: string[]) => {
      const { code, errors } = await gpgrad(...args);
      expect({ code, errors }).toEqual({ code: 0, errors: "" });
    };
    const [whole, parts, other] = ["whole", "parts", "other"].map((name) => path.join(folder, name));
    await succeeds(...train(whole));
    await succeeds(...train(parts, "--max-steps", "3"));
    cpSync(parts, other, { recursive: true });
    await succeeds(...train(parts, "--resume"));
    const last = readdirSync(path.join(whole, "checkpoints")).sort().at(-1)!;
    for (const name of ["model.safetensors", "optimizer.safetensors", "config.json"]) {
      const files = [whole, parts].map((run) => readFileSync(path.join(run, "checkpoints", last, name)));
      expect(files[0]!.equals(files[1]!), name).toBe(true);
    }

    const final = path.join(whole, "checkpoints", last);
    const weight = "model.layers.0.mlp.up_proj.weight";
    const stored = read(path.join(final, "model.safetensors"), weight);
    const master = read(path.join(final, "optimizer.safetensors"), `master.${weight}`);
    expect([stored.types, master.types]).toEqual([new Set(["BF16"]), new Set(["F32"])]);
    const rounded = master.values.filter((value, i) => value !== stored.values[i]);
    expect(rounded.length).toBeGreaterThan(master.values.length / 2);
    const source = readFileSync(path.join(model, "config.json"));
    expect(readFileSync(path.join(final, "config.json")).equals(source)).toBe(true);

    // Another dtype is another folder, not another run.
    await succeeds(...train(other, "--resume", "--set", "checkpoint.dtype=float32"));
    const exact = path.join(other, "checkpoints", last);
    expect(read(path.join(exact, "model.safetensors"), weight)).toEqual({
      types: new Set(["F32"]),
      values: master.values,
    });
    expect(openSafetensors(path.join(exact, "optimizer.safetensors")).tensors.has(`master.${weight}`)).toBe(
      false,
    );
    const config = JSON.parse(readFileSync(path.join(exact, "config.json"), "utf8")) as { dtype: string };
    expect(config.dtype).toBe("float32");
  },
);
