import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ModelError } from "../errors.ts";
import { createRandom } from "../random.ts";
import { openSafetensors } from "./reader.ts";
import { scratchBytes } from "./scratch.ts";
import { type TensorToWrite, writeSafetensors } from "./writer.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "gpgrad-safetensors-"));
  file = path.join(directory, "model.safetensors");
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function read(name: string, size: number): number[] {
  const opened = openSafetensors(file);
  try {
    const target = new Float32Array(size);
    opened.readInto(name, target);
    return [...target];
  } finally {
    opened.close();
  }
}

/** A file with this header and this many bytes of data. */
function writeRaw(header: unknown, dataBytes: number | Uint8Array): void {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const data = typeof dataBytes === "number" ? Buffer.alloc(dataBytes) : dataBytes;
  writeFileSync(file, Buffer.concat([length, json, data]));
}

describe("writing and reading", () => {
  it("brings back names, shapes and float32 bits", () => {
    const any = fc.float({ noNaN: true });
    const shapes = fc.array(fc.nat(3), { maxLength: 3 });
    const tensors = fc.uniqueArray(
      fc
        .record({ name: fc.string({ minLength: 1, unit: "grapheme" }), shape: shapes })
        .chain(({ name, shape }) => {
          const size = shape.reduce((a, b) => a * b, 1);
          const values = fc.array(any, { minLength: size, maxLength: size });
          return fc.record({
            name: fc.constant(name),
            shape: fc.constant(shape),
            values: values.map((list) => Float32Array.from(list)),
          });
        }),
      { selector: ({ name }) => name, maxLength: 5 },
    );
    fc.assert(
      fc.property(tensors, (written: TensorToWrite[]) => {
        fc.pre(written.every(({ name }) => name !== "__metadata__"));
        writeSafetensors(file, written);
        const opened = openSafetensors(file);
        expect(new Set(opened.tensors.keys())).toEqual(new Set(written.map(({ name }) => name)));
        for (const { name, shape, values } of written) {
          expect(opened.tensors.get(name)?.shape).toEqual(shape);
          const target = new Float32Array(values.length);
          opened.readInto(name, target);
          expect(Buffer.from(target.buffer).equals(Buffer.from(values.buffer))).toBe(true);
        }
        opened.close();
      }),
      { numRuns: 60 },
    );
  });

  it("writes the bytes of the format, the same each time, and leaves nothing else behind", () => {
    const tensors = [{ name: "a", shape: [2], values: Float32Array.of(1, -2) }];
    writeSafetensors(file, tensors);
    const bytes = readFileSync(file);
    const header = '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(bytes.subarray(8, 8 + length).toString()).toBe(header.padEnd(length));
    expect([bytes.readFloatLE(8 + length), bytes.readFloatLE(12 + length)]).toEqual([1, -2]);
    expect(bytes.length).toBe(16 + length);
    writeSafetensors(file, tensors);
    const digest = (content: Buffer) => createHash("sha256").update(content).digest("hex");
    expect(digest(readFileSync(file))).toBe(digest(bytes));
    expect(readdirSync(directory)).toEqual(["model.safetensors"]);
  });

  it("writes bit patterns of a type as they are, and reads any type's bytes", () => {
    const patterns = Uint16Array.of(0x3f80, 0xc000);
    writeSafetensors(file, [
      { name: "codes", shape: [3], values: Uint8Array.of(7, 0, 255), storedType: "U8" },
      { name: "brains", shape: [2], values: patterns, storedType: "BF16" },
    ]);
    const opened = openSafetensors(file);
    const codes = new Uint8Array(3);
    opened.readBytes("codes", codes);
    expect(codes).toEqual(Uint8Array.of(7, 0, 255));
    const values = new Float32Array(2);
    opened.readInto("brains", values);
    expect(values).toEqual(Float32Array.of(1, -2));
    expect(() => opened.readBytes("codes", new Uint8Array(4))).toThrow(
      /codes has 3 bytes, the model needs 4/,
    );
    expect(() => opened.readInto("codes", new Float32Array(3))).toThrow(/stored as U8/);
    opened.close();
  });

  it("refuses to write a name twice or values that do not fill the shape", () => {
    const a = { name: "a", shape: [2], values: new Float32Array(2) };
    expect(() => writeSafetensors(file, [a, a])).toThrow(/^internal: tensor a/);
    expect(() => writeSafetensors(file, [{ ...a, shape: [3] }])).toThrow(/^internal: tensor a/);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("reads every float16 and bfloat16 exactly and writes it back unchanged", () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const header = (dtype: string) => ({ a: { dtype, shape: [65536], data_offsets: [0, 131072] } });
    for (const storedType of ["F16", "BF16"] as const) {
      writeRaw(header(storedType), new Uint8Array(bits.buffer));
      const values = Float32Array.from(read("a", 65536));
      writeSafetensors(file, [{ name: "a", shape: [65536], values, storedType }]);
      const data = readFileSync(file).subarray(-131072);
      const wrong = [...bits].filter((i) => !Number.isNaN(values[i]) && data.readUInt16LE(2 * i) !== i);
      expect(wrong).toEqual([]);
      const notNumbers = values.filter((value) => Number.isNaN(value)).length;
      expect(notNumbers).toBe(storedType === "F16" ? 2 * 1023 : 2 * 127);
    }
  });

  it("knows the values of half precision and rounds to nearest, halves to even", () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff, 0x8000, 0xfc00);
    writeRaw({ a: { dtype: "F16", shape: [7], data_offsets: [0, 14] } }, new Uint8Array(halves.buffer));
    expect(read("a", 7)).toEqual([1, -2, 0.333251953125, 2 ** -24, 65504, -0, -Infinity]);
    const cases = [
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      2 ** -25,
      3 * 2 ** -26,
      65519,
      Infinity,
      -Infinity,
      2047.5,
    ];
    const rounded = [1, 1 + 2 ** -9, 0, 2 ** -24, 65504, Infinity, -Infinity, 2048];
    const values = Float32Array.from(cases);
    writeSafetensors(file, [{ name: "a", shape: [8], values, storedType: "F16" }]);
    expect(read("a", 8)).toEqual(rounded);
    const brains = Float32Array.of(
      1 + 2 ** -8,
      1 + 3 * 2 ** -8,
      -1 - 2 ** -8 - 2 ** -20,
      Infinity,
      Number.NaN,
    );
    writeSafetensors(file, [{ name: "a", shape: [5], values: brains, storedType: "BF16" }]);
    expect(read("a", 5)).toEqual([1, 1 + 2 ** -6, -1 - 2 ** -7, Infinity, Number.NaN]);
  });

  it("rounds as the exact arithmetic does, whatever the bits", () => {
    /** The nearest multiple of the last place that a type with this precision and smallest exponent has there. */
    const nearest = (value: number, precision: number, smallestExponent: number): number => {
      const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), smallestExponent);
      const lastPlace = 2 ** (exponent - precision + 1);
      const down = Math.floor(value / lastPlace);
      const rest = value / lastPlace - down;
      return (rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down) * lastPlace;
    };
    const random = createRandom(1);
    const values = Float32Array.from({ length: 40_000 }, () => {
      const value = random.normal() * 2 ** (random.integer(42) - 28);
      // Some at and beside the middle between two neighbours.
      return random.integer(2) ? value : nearest(value, 12, -15) * (1 + (random.integer(3) - 1) * 2 ** -23);
    }).filter((value) => Math.abs(value) < 65504);
    for (const [storedType, precision, smallestExponent] of [
      ["F16", 11, -14],
      ["BF16", 8, -126],
    ] as const) {
      writeSafetensors(file, [{ name: "a", shape: [values.length], values, storedType }]);
      const stored = read("a", values.length);
      const expected = [...values].map((value) => nearest(value, precision, smallestExponent));
      const wrong = expected.flatMap((value, i) =>
        value === stored[i] ? [] : [[values[i], value, stored[i]]],
      );
      expect(wrong).toEqual([]);
    }
  });

  it.each<[storedType: "F16" | "BF16", value: number]>([
    ["F16", 65520],
    ["F16", -1e9],
    ["BF16", 3.4e38],
  ])("refuses to make infinity of a finite value: %s %f", (storedType, value) => {
    const values = new Float32Array(5);
    values[3] = value;
    const writing = () => writeSafetensors(file, [{ name: "a", shape: [5], values, storedType }]);
    expect(writing).toThrow(ModelError);
    expect(writing).toThrow(
      `tensor a has the value ${values[3]} at index 3, which is too large for ${storedType}`,
    );
    expect(readdirSync(directory)).toEqual([]);
  });

  it("puts wide types first, so that every tensor is aligned, and reads parts", () => {
    const values = Float32Array.from({ length: 5 }, (_, i) => i);
    writeSafetensors(file, [
      { name: "narrow", shape: [5], values, storedType: "BF16" },
      { name: "wide", shape: [5], values },
    ]);
    const opened = openSafetensors(file);
    for (const { storedType, start } of opened.tensors.values()) {
      expect(start % (storedType === "F32" ? 4 : 2)).toBe(0);
    }
    for (const name of ["narrow", "wide"]) {
      const part = new Float32Array(2);
      opened.readPart(name, 2, part);
      expect([...part]).toEqual([2, 3]);
      expect(() => opened.readPart(name, 4, part)).toThrow(/^internal: values 4 to 6/);
    }
    opened.close();
  });

  it("converts pieces that are longer than its buffer", () => {
    const size = scratchBytes / 2 + 3;
    const values = Float32Array.from({ length: size }, (_, i) => i % 256);
    for (const storedType of ["F16", "BF16"] as const) {
      writeSafetensors(file, [{ name: "a", shape: [size], values, storedType }]);
      const opened = openSafetensors(file);
      const target = new Float32Array(size);
      opened.readInto("a", target);
      opened.close();
      expect(Buffer.from(target.buffer).equals(Buffer.from(values.buffer))).toBe(true);
    }
  });

  it("reads float64 and writes into the middle of a larger array", () => {
    const doubles = Float64Array.of(1 / 3, -2);
    writeRaw({ a: { dtype: "F64", shape: [2], data_offsets: [0, 16] } }, new Uint8Array(doubles.buffer));
    const whole = new Float32Array(4).fill(7);
    const opened = openSafetensors(file);
    opened.readInto("a", whole.subarray(1, 3));
    opened.close();
    expect([...whole]).toEqual([7, Math.fround(1 / 3), -2, 7]);
  });
});

describe("a file that lies", () => {
  const tensor = { dtype: "F32", shape: [2], data_offsets: [0, 8] };

  it.each<[string, unknown, number, RegExp]>([
    ["header not JSON", "{", 0, /its header is not JSON .*copy it again/],
    ["header nested without end", "[".repeat(100_000), 0, /its header is not JSON .*nested deeper than 3/],
    ["a type nested without end", `{"a":{"dtype":${"[".repeat(100_000)}`, 0, /nested deeper than 3/],
    ["metadata of another kind", { __metadata__: ["pt"] }, 0, /its __metadata__ is \["pt"\], expected/],
    [
      "metadata that is no text",
      { __metadata__: { step: 1 } },
      0,
      /its __metadata__ is \{"step":1\}, expected/,
    ],
    [
      "a name of several lines",
      { "a\nb": { ...tensor, dtype: "F7" } },
      8,
      /tensor "a\\nb" has type F7, which/,
    ],
    ["header not an object", "[]", 0, /its header is not an object/],
    ["a tensor that is null", { a: null }, 0, /tensor a has dtype missing/],
    ["no shape", { a: { ...tensor, shape: "2" } }, 8, /tensor a has dtype "F32" and shape "2", expected/],
    ["a negative size", { a: { ...tensor, shape: [-2] } }, 8, /shape \[-2\], expected/],
    [
      "an unknown type",
      { a: { ...tensor, dtype: "toString" } },
      8,
      /tensor a has type toString, which the format/,
    ],
    [
      "offsets reversed",
      { a: { ...tensor, data_offsets: [8, 0] } },
      8,
      /tensor a has data_offsets \[8,0\], expected/,
    ],
    [
      "offsets beyond the file",
      { a: { ...tensor, data_offsets: [0, 1e15] } },
      8,
      /tensor a ends at byte .* but/,
    ],
    [
      "a shape that needs more",
      { a: { ...tensor, shape: [3] } },
      8,
      /tensor a of shape \[3\] .* needs 12 bytes, has 8/,
    ],
    ["an integer shape that needs less", { a: { ...tensor, dtype: "I64" } }, 8, /needs 16 bytes, has 8/],
    [
      "a huge shape",
      { a: { ...tensor, shape: [2 ** 40, 2 ** 40] } },
      8,
      /tensor a of shape .* needs 4\.8\S+ bytes/,
    ],
    [
      "overlap",
      { a: tensor, b: { ...tensor, data_offsets: [4, 12] } },
      12,
      /tensor b starts at byte \d+, expected/,
    ],
    [
      "a gap",
      { a: tensor, b: { ...tensor, data_offsets: [12, 20] } },
      20,
      /tensor b starts at byte \d+, expected/,
    ],
    ["bytes left over", { a: tensor }, 9, /its tensors end at byte \d+ but the file has \d+ bytes/],
    [
      "a name twice",
      `{"a":${JSON.stringify(tensor)}, "\\u0061" : ${JSON.stringify(tensor)}}`,
      8,
      /lists tensor a twice/,
    ],
  ])("%s", (_, header, dataBytes, message) => {
    writeRaw(header, dataBytes);
    expect(() => openSafetensors(file)).toThrow(ModelError);
    expect(() => openSafetensors(file)).toThrow(message);
    expect(() => openSafetensors(file)).toThrow(file);
  });

  it("does not take names inside a tensor or in the metadata for repeated ones", () => {
    writeRaw(
      { __metadata__: { a: "b", b: "a" }, dtype: tensor, b: { ...tensor, data_offsets: [8, 16] } },
      16,
    );
    const opened = openSafetensors(file);
    expect([...opened.tensors.keys()]).toEqual(["dtype", "b"]);
    opened.close();
  });

  it("is refused when it is empty, absent, a folder, or cut anywhere", () => {
    const opening = () => openSafetensors(file);
    expect(() => openSafetensors(directory)).toThrow(/cannot open .*: it is not a file/);
    expect(opening).toThrow(/cannot open .*model\.safetensors/);
    writeFileSync(file, "");
    expect(opening).toThrow(/has 0 bytes and no safetensors header/);
    writeFileSync(file, Buffer.alloc(8, 0xff));
    expect(opening).toThrow(/its header claims 18446744073709551615 bytes but the file has 8/);
    writeSafetensors(file, [{ name: "a", shape: [3], values: new Float32Array(3) }]);
    for (let size = readFileSync(file).length - 1; size >= 0; size--) {
      truncateSync(file, size);
      expect(opening).toThrow(ModelError);
    }
  });

  it("names tensor, type and sizes when reading what cannot be read", () => {
    writeRaw(
      { a: { dtype: "I64", shape: [1], data_offsets: [0, 8] }, b: { ...tensor, data_offsets: [8, 16] } },
      16,
    );
    expect(() => read("a", 1)).toThrow(/tensor a is stored as I64; supported: F64, F32, F16, BF16; convert/);
    expect(() => read("b", 3)).toThrow(/tensor b has 2 values, the model needs 3/);
    expect(() => read("c", 1)).toThrow(/has no tensor c/);
    const opened = openSafetensors(file);
    truncateSync(file, readFileSync(file).length - 1);
    expect(() => opened.readInto("b", new Float32Array(2))).toThrow(/ends at byte \d+, before its data does/);
    opened.close();
  });
});
