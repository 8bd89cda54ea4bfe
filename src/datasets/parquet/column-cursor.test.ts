import { writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { parquetSchema, type RowGroup, type SchemaElement } from "hyparquet";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { openFile } from "../opened-file.ts";
import { openColumn } from "./column-cursor.ts";
import { leafColumns } from "./leaf-column.ts";

const schema: SchemaElement[] = [
  { name: "root", num_children: 1 },
  { name: "list", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", repetition_type: "OPTIONAL", type: "INT32" },
];

/** The bits of Parquet's bit packing, in one run. */
function packed(values: readonly number[], width: number): Buffer {
  const groups = Math.ceil(values.length / 8);
  const bytes = Buffer.alloc(1 + groups * width);
  bytes[0] = groups * 2 + 1;
  values.forEach((value, index) => {
    for (let bit = 0; bit < width; bit++) {
      const at = index * width + bit;
      const place = 1 + (at >> 3);
      bytes[place] = bytes[place]! | (((value >> bit) & 1) << (at & 7));
    }
  });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A data page of the first version: Thrift's compact header, levels, plain values. */
function dataPage(levels: readonly { repetition: number; value: number }[]): Buffer {
  const values = Buffer.alloc(4 * levels.length);
  for (const [index, { value }] of levels.entries()) {
    values.writeInt32LE(value, 4 * index);
  }
  const body = Buffer.concat([
    packed(
      levels.map(({ repetition }) => repetition),
      1,
    ),
    packed(
      levels.map(() => 3),
      2,
    ),
    values,
  ]);
  const number = (value: number): number[] =>
    value < 64 ? [value * 2] : [((value * 2) & 0x7f) | 0x80, (value * 2) >> 7];
  const [size, count] = [number(body.length), number(levels.length)];
  const header = [
    0x15,
    0,
    0x15,
    ...size,
    0x15,
    ...size,
    0x2c,
    0x15,
    ...count,
    0x15,
    0,
    0x15,
    6,
    0x15,
    6,
    0,
    0,
  ];
  return Buffer.concat([Buffer.from(header), body]);
}

test("rows that go on over pages are whole, from the beginning and from every position", () => {
  const file = path.join(temporaryFolder(), "pages");
  const lists = fc.array(fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 9 }), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(
      lists,
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 20 }),
      (rows, sizes) => {
        const levels = rows.flatMap((row) =>
          row.map((value, index) => ({ repetition: index > 0 ? 1 : 0, value })),
        );
        const pages: Buffer[] = [];
        for (let start = 0, page = 0; start < levels.length; page++) {
          const size = sizes[page % sizes.length]!;
          pages.push(dataPage(levels.slice(start, start + size)));
          start += size;
        }
        const bytes = Buffer.concat([Buffer.alloc(4), ...pages]);
        writeFileSync(file, bytes);
        const group = {
          columns: [
            {
              meta_data: {
                type: "INT32",
                path_in_schema: ["list", "list", "element"],
                codec: "UNCOMPRESSED",
                num_values: BigInt(levels.length),
                total_compressed_size: BigInt(bytes.length - 4),
                data_page_offset: 4n,
              },
            },
          ],
        } as unknown as RowGroup;
        const [leaf] = leafColumns(parquetSchema({ schema }), group, bytes.length);
        const opened = openFile(file);
        const readFrom = (position?: [number, number]) => {
          const cursor = openColumn(opened, leaf!, position);
          const found: unknown[] = [];
          const positions: [number, number][] = [];
          while (cursor.available() > 0) {
            positions.push(cursor.position());
            found.push(...Array.from(cursor.take(1)));
          }
          return { found, positions };
        };
        const whole = readFrom();
        // Within the optional list is the repeated group, which only whole columns are freed of.
        expect(whole.found).toEqual(rows.map((row) => [row]));
        for (const [index, position] of whole.positions.entries()) {
          expect(readFrom(position).found).toEqual(whole.found.slice(index));
        }
        opened.close();
      },
    ),
    { numRuns: 200 },
  );
});
