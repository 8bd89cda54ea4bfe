import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { ModelError } from "../errors.ts";
import { createRandom, type RandomStream } from "../random.ts";
import { toFloat32 } from "./float-conversion.ts";
import { openSafetensors } from "./reader.ts";
import { openWeights } from "./weights-folder.ts";

const mutatedFiles = 8000;
const mutatedFolders = 4000;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), "gpgrad-fuzz-"));
  // A table of constants that the first float16 builds; it does not depend on any file.
  toFloat32(new Uint8Array(2), "F16", new Float32Array(1));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** The largest buffer, in bytes, that was made while a file was read. */
let largestAllocation = 0;
const arrays = [
  "Uint8Array",
  "Uint16Array",
  "Int32Array",
  "Float32Array",
  "Float64Array",
  "ArrayBuffer",
] as const;

beforeEach(() => {
  const note = <T extends { byteLength: number }>(made: T, isView: boolean): T => {
    largestAllocation = Math.max(largestAllocation, isView ? 0 : made.byteLength);
    return made;
  };
  for (const name of arrays) {
    vi.stubGlobal(
      name,
      new Proxy(globalThis[name], {
        construct: (target, given: unknown[], newTarget) =>
          note(Reflect.construct(target, given, newTarget), given[0] instanceof ArrayBuffer),
      }),
    );
  }
  for (const name of ["alloc", "allocUnsafe"] as const) {
    const original = Buffer[name].bind(Buffer) as (size: number) => Buffer;
    vi.spyOn(Buffer, name).mockImplementation((size: number) => note(original(size), false) as never);
  }
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

interface Outcome {
  loaded: number;
  refused: number;
}

/** Runs `read`; whatever it throws has to be a ModelError of one line, and no buffer may exceed the files' bytes. */
function judge(read: () => void, fileBytes: number, outcome: Outcome, input: string): void {
  largestAllocation = 0;
  try {
    read();
    outcome.loaded++;
  } catch (error) {
    if (!(error instanceof ModelError) || !/^[^\n]{1,2000}$/.test(error.message)) {
      throw new Error(`${input}: ${String(error)}`, { cause: error });
    }
    outcome.refused++;
  }
  if (largestAllocation > fileBytes) {
    throw new Error(`${input}: a buffer of ${largestAllocation} bytes for files of ${fileBytes}`);
  }
}

/** Reads every float tensor; the buffers that take the values are the caller's. */
function readAll({
  tensors,
  readInto,
}: Pick<ReturnType<typeof openSafetensors>, "tensors" | "readInto">): void {
  for (const [name, { shape }] of tensors) {
    const before = largestAllocation;
    const target = new Float32Array(shape.reduce((product, size) => product * size, 1));
    largestAllocation = before;
    readInto(name, target);
  }
}

/** JSON text of a value, or text that is put in as it stands. */
type Entry = [key: string, text: string];
interface Sketch {
  entries: Entry[];
  data: number;
  change?: (bytes: Buffer) => Buffer;
}

const widths = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, BOOL: 1, F8_E4M3: 1 };

function pick<T>(random: RandomStream, choices: readonly T[]): T {
  return choices[random.integer(choices.length)]!;
}

function soundSketch(random: RandomStream, prefix = "t"): Sketch {
  const entries: Entry[] = [];
  let data = 0;
  const count = random.integer(4);
  for (let i = 0; i < count; i++) {
    // Integers can be told from weights only when they are read.
    const dtype = pick(
      random,
      Object.keys(widths).slice(0, random.integer(8) ? 4 : 7),
    ) as keyof typeof widths;
    const shape = Array.from({ length: random.integer(4) }, () => random.integer(4));
    const size = shape.reduce((product, length) => product * length, widths[dtype]);
    const tensor = { dtype, shape, data_offsets: [data, data + size] };
    entries.push([`${prefix}${i}.weight`, JSON.stringify(tensor)]);
    data += size;
  }
  return { entries: [["__metadata__", '{"format":"pt"}'], ...entries], data };
}

const oddTexts = [
  ...[
    "null",
    "true",
    '""',
    '"F32"',
    '"F7"',
    '"f32"',
    '"toString"',
    '"__proto__"',
    "[]",
    "{}",
    "[[2]]",
    '["2"]',
  ],
  ...[
    "-1",
    "0",
    "1.5",
    "-0",
    "1e308",
    "1e999",
    "9007199254740993",
    "18446744073709551616",
    "4294967296",
    "1e15",
  ],
  ...[
    "[-1]",
    "[0,0]",
    "[8,0]",
    "[0,4]",
    "[0,8]",
    "[4,8]",
    "[0]",
    "[0,4,8]",
    "[0.5,8.5]",
    "[0,1e300]",
    "[1e15,1e15]",
  ],
  ...["[4294967296,4294967296]", "[9007199254740992,2]", "[0,9007199254740993]", "[1e308,1e308,0]", "[null]"],
  ...[
    "[".repeat(5000),
    '{"a":'.repeat(5000),
    `"${"x".repeat(5000)}"`,
    '"\\ud800"',
    '"a\\nb"',
    "NaN",
    "0x10",
    "",
  ],
  `[${"1,".repeat(2000)}1]`,
];
const oddKeys = [
  "__proto__",
  "constructor",
  "__metadata__",
  "",
  "a\nb",
  "\u0000",
  "é😀",
  "x".repeat(5000),
  "0",
  "\u2028",
];

/** One change to a sound file. */
const mutations: readonly ((sketch: Sketch, random: RandomStream) => void)[] = [
  ({ entries }, random) => {
    const entry = pick(random, entries);
    const field = pick(random, ["dtype", "shape", "data_offsets"]);
    entry[1] = entry[1].replace(new RegExp(`("${field}":)("[^"]*"|\\[[^\\]]*\\])`), (_, key: string) => {
      return key + pick(random, oddTexts);
    });
  },
  ({ entries }, random) => {
    const entry = pick(random, entries);
    entry[1] = entry[1].replace(/\d+/g, (digits) =>
      random.integer(3) ? digits : String(Number(digits) + random.integer(9) - 4),
    );
  },
  ({ entries }, random) => {
    pick(random, entries)[1] = pick(random, oddTexts);
  },
  ({ entries }, random) => {
    pick(random, entries)[0] = pick(random, oddKeys);
  },
  ({ entries }, random) => {
    entries.splice(random.integer(entries.length + 1), 0, [...pick(random, entries)]);
  },
  ({ entries }, random) => {
    entries.splice(random.integer(entries.length), 1);
  },
  ({ entries }, random) => {
    const [a, b] = [pick(random, entries), pick(random, entries)];
    [a[1], b[1]] = [b[1], a[1]];
  },
  (sketch, random) => {
    sketch.data = Math.max(0, sketch.data + random.integer(17) - 8);
  },
  ({ entries }, random) => {
    entries[0] = ["__metadata__", pick(random, oddTexts)];
  },
  (sketch, random) => {
    const lengths = [0n, 1n, 7n, 2n ** 31n, 2n ** 32n, 10n ** 8n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
    sketch.change = (bytes) => {
      const near = BigInt(Math.max(0, bytes.length - 16 + random.integer(17)));
      bytes.writeBigUInt64LE(random.integer(2) ? pick(random, lengths) : near);
      return bytes;
    };
  },
  (sketch, random) => {
    sketch.change = (bytes) => bytes.subarray(0, random.integer(bytes.length));
  },
  (sketch, random) => {
    sketch.change = (bytes) => changeBytes(bytes, random);
  },
  (sketch, random) => {
    sketch.change = () => Buffer.from(Array.from({ length: random.integer(64) }, () => random.integer(256)));
  },
];

/** Overwrites, removes or inserts a few bytes anywhere; most are no UTF-8. */
function changeBytes(bytes: Buffer, random: RandomStream): Buffer {
  let changed = Buffer.from(bytes);
  for (let i = random.integer(4); i >= 0; i--) {
    const at = random.integer(changed.length + 1);
    const some = Buffer.from(Array.from({ length: random.integer(3) }, () => random.integer(256)));
    changed = Buffer.concat([changed.subarray(0, at), some, changed.subarray(at + random.integer(3))]);
  }
  return changed;
}

function fileOf({ entries, data, change }: Sketch): Buffer {
  const json = Buffer.from(`{${entries.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(",")}}`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const bytes = Buffer.concat([length, json, Buffer.alloc(data, 0x3c)]);
  return change ? change(bytes) : bytes;
}

function mutatedFile(random: RandomStream, prefix?: string): Buffer {
  const sketch = soundSketch(random, prefix);
  for (let changes = random.integer(3); changes >= 0; changes--) {
    if (sketch.entries.length > 0) {
      pick(random, mutations)(sketch, random);
    }
  }
  return fileOf(sketch);
}

test(`${mutatedFiles} mutated files load or are refused in one line, within their own size`, () => {
  const outcome: Outcome = { loaded: 0, refused: 0 };
  const file = path.join(directory, "model.safetensors");
  for (let seed = 0; seed < mutatedFiles; seed++) {
    const bytes = mutatedFile(createRandom(1, seed));
    writeFileSync(file, bytes);
    const read = (): void => {
      const opened = openSafetensors(file);
      try {
        readAll(opened);
      } finally {
        opened.close();
      }
    };
    judge(read, bytes.length, outcome, `file ${seed}`);
  }
  rmSync(file);
  expect(outcome.refused).toBeGreaterThan(mutatedFiles / 2);
  expect(outcome.loaded).toBeGreaterThan(mutatedFiles / 20);
});

/** What an index may say of a shard. */
const oddShards = [
  "c.safetensors",
  "../b.safetensors",
  "",
  ".",
  "..",
  "folder",
  "a.safetensors\u0000",
  "index.json",
];

function mutatedIndex(places: Entry[], random: RandomStream): Buffer {
  const entries = places.map(([name, shard]): Entry => [name, JSON.stringify(shard)]);
  let whole = (map: string): string => `{"metadata":{"total_size":8},"weight_map":${map}}`;
  switch (random.integer(9)) {
    case 0:
      entries.push([pick(random, oddKeys), JSON.stringify(pick(random, ["a.safetensors", "b.safetensors"]))]);
      break;
    case 1:
      entries.splice(random.integer(entries.length), 1);
      break;
    case 2:
      pick(random, entries)[1] = JSON.stringify(pick(random, oddShards));
      break;
    case 3:
      pick(random, entries)[1] = pick(random, oddTexts);
      break;
    case 4:
      pick(random, entries)[1] = JSON.stringify(pick(random, ["a.safetensors", "b.safetensors"]));
      break;
    case 5: {
      const text = pick(random, oddTexts);
      whole = () => `{"weight_map":${text}}`;
      break;
    }
    case 6: {
      const text = pick(random, oddTexts);
      whole = (map) => `{"metadata":${text},"weight_map":${map}}`;
      break;
    }
    case 7:
      whole = () => pick(random, oddTexts);
  }
  const map = `{${entries.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(",")}}`;
  const bytes = Buffer.from(whole(map));
  return random.integer(8) ? bytes : changeBytes(bytes, random);
}

test(`${mutatedFolders} folders of shards with mutated indexes and shards load or are refused in one line`, () => {
  const outcome: Outcome = { loaded: 0, refused: 0 };
  mkdirSync(path.join(directory, "folder"), { recursive: true });
  for (let seed = 0; seed < mutatedFolders; seed++) {
    const random = createRandom(2, seed);
    const places: Entry[] = [];
    let size = 0;
    for (const shard of ["a.safetensors", "b.safetensors"]) {
      const sketch = soundSketch(random, shard[0]);
      sketch.entries.push([
        `${shard[0]}.last`,
        JSON.stringify({ dtype: "BF16", shape: [0], data_offsets: [sketch.data, sketch.data] }),
      ]);
      places.push(...sketch.entries.slice(1).map(([name]): Entry => [name, shard]));
      const bytes = random.integer(4) ? fileOf(sketch) : mutatedFile(random, shard[0]);
      size += bytes.length;
      if (random.integer(40) === 0) {
        rmSync(path.join(directory, shard), { force: true });
      } else {
        writeFileSync(path.join(directory, shard), bytes);
      }
    }
    const index = mutatedIndex(places, random);
    writeFileSync(path.join(directory, "model.safetensors.index.json"), index);
    const read = (): void => {
      const opened = openWeights(directory);
      try {
        readAll(opened);
      } finally {
        opened.close();
      }
    };
    judge(read, size + index.length, outcome, `folder ${seed}`);
  }
  expect(outcome.refused).toBeGreaterThan(mutatedFolders / 3);
  expect(outcome.loaded).toBeGreaterThan(mutatedFolders / 20);
});
