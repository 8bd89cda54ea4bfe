import type { PageHeader } from "hyparquet";
import { readRleBitPackedHybrid } from "hyparquet/src/encoding.js";
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from "hyparquet/src/schema.js";
import { textOf } from "../utf8.ts";
import { bitWidth } from "./check-runs.ts";
import type { LeafColumn } from "./leaf-column.ts";
import { invalidText } from "./text.ts";
import type { LeveledValues, Values } from "./values.ts";

/** True for a page whose texts can be made when they are asked for. */
export function isPlainTexts({ isText }: LeafColumn, header: PageHeader): boolean {
  const about = header.data_page_header ?? header.data_page_header_v2;
  return isText && about?.encoding === "PLAIN";
}

/** The texts of a page in plain encoding: levels, and then the length of each text in 4 bytes and its bytes. */
export function readPlainTexts(
  { decoder: { schemaPath } }: LeafColumn,
  header: PageHeader,
  { whole, body }: { whole: Buffer; body: number },
): LeveledValues {
  const second = header.data_page_header_v2;
  const { num_values: count } = (second ?? header.data_page_header)!;
  const reader = { view: new DataView(whole.buffer, whole.byteOffset, whole.byteLength), offset: 0 };
  const read = (highest: number, length: number | undefined) =>
    readLevels(reader, count, bitWidth(highest), length);
  const repetitionLevels = read(getMaxRepetitionLevel(schemaPath), second?.repetition_levels_byte_length);
  reader.offset = second?.repetition_levels_byte_length ?? reader.offset;
  const definitionLevels = read(getMaxDefinitionLevel(schemaPath), second?.definition_levels_byte_length);
  return { repetitionLevels, definitionLevels, values: textsOf(whole.subarray(body)) };
}

type Reader = Parameters<typeof readRleBitPackedHybrid>[0];

function readLevels(reader: Reader, count: number, width: number, length?: number): number[] {
  const levels: number[] = width === 0 ? [] : new Array(count);
  if (width > 0) {
    readRleBitPackedHybrid(reader, width, levels, length);
  }
  return levels;
}

function textsOf(buffer: Buffer): Values {
  const starts: number[] = [];
  for (let offset = 0; offset + 4 <= buffer.length; offset += 4 + buffer.readUInt32LE(offset)) {
    starts.push(offset);
  }
  const textAt = (index: number) => {
    const start = starts[index] + 4;
    const end = start + buffer.readUInt32LE(starts[index]);
    if (end > buffer.length) {
      throw new Error("a page ends before its values do");
    }
    return textOf(buffer, start, end) ?? invalidText;
  };
  return {
    length: starts.length,
    slice: (start, end) => Array.from({ length: end - start }, (_, index) => textAt(start + index)),
  };
}
