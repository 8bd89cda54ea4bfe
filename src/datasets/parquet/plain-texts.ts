import type { PageHeader } from "hyparquet";
import { decompressPage } from "hyparquet/src/datapage.js";
import { readRleBitPackedHybrid } from "hyparquet/src/encoding.js";
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from "hyparquet/src/schema.js";
import { textOf } from "../utf8.ts";
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
  { decoder }: LeafColumn,
  header: PageHeader,
  stored: Uint8Array,
): LeveledValues {
  const { codec, compressors, schemaPath } = decoder;
  const repetitionWidth = bitWidth(getMaxRepetitionLevel(schemaPath));
  const definitionWidth = bitWidth(getMaxDefinitionLevel(schemaPath));
  const second = header.data_page_header_v2;
  if (second === undefined) {
    const page = decompressPage(stored, header.uncompressed_page_size, codec, compressors);
    const { num_values: count } = header.data_page_header!;
    const reader = { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 };
    const repetitionLevels = readLevels(reader, count, repetitionWidth);
    const definitionLevels = readLevels(reader, count, definitionWidth);
    return { repetitionLevels, definitionLevels, values: textsOf(page.subarray(reader.offset)) };
  }
  const {
    num_values: count,
    repetition_levels_byte_length: before,
    definition_levels_byte_length: length,
  } = second;
  const reader = { view: new DataView(stored.buffer, stored.byteOffset, stored.byteLength), offset: 0 };
  const repetitionLevels = readLevels(reader, count, repetitionWidth, before);
  reader.offset = before;
  const definitionLevels = readLevels(reader, count, definitionWidth, length);
  const body = stored.subarray(before + length);
  const size = header.uncompressed_page_size - before - length;
  const bytes = second.is_compressed === false ? body : decompressPage(body, size, codec, compressors);
  return { repetitionLevels, definitionLevels, values: textsOf(bytes) };
}

type Reader = Parameters<typeof readRleBitPackedHybrid>[0];

function readLevels(reader: Reader, count: number, width: number, length?: number): number[] {
  const levels: number[] = width === 0 ? [] : new Array(count);
  if (width > 0) {
    readRleBitPackedHybrid(reader, width, levels, length);
  }
  return levels;
}

/** Bits that hold a level up to the highest. */
const bitWidth = (highest: number): number => 32 - Math.clz32(highest);

function textsOf(bytes: Uint8Array): Values {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
