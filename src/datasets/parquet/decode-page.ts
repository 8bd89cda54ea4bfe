import type { DecodedArray, PageHeader } from "hyparquet";
import { assembleLists } from "hyparquet/src/assemble.js";
import { convert } from "hyparquet/src/convert.js";
import { decompressPage, readDataPage, readDataPageV2 } from "hyparquet/src/datapage.js";
import { readPlain } from "hyparquet/src/plain.js";
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from "hyparquet/src/schema.js";
import { bitWidth, checkRuns } from "./check-runs.ts";
import type { LeafColumn } from "./leaf-column.ts";
import { isPlainTexts, readPlainTexts } from "./plain-texts.ts";
import type { LeveledValues, Values } from "./values.ts";

/** The rows of a page; or, where it goes on with the last row of the page before, what becomes of that row and the rows behind it. */
export type PageRows = { rows: Values } | { goOn: (row: unknown) => Values };

export function decodeDictionary(
  { decoder }: LeafColumn,
  header: PageHeader,
  stored: Uint8Array,
): DecodedArray {
  const { num_values: count } = header.dictionary_page_header ?? { num_values: 0 };
  const page = decompressPage(stored, header.uncompressed_page_size, decoder.codec, decoder.compressors);
  const reader = { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 };
  return convert(readPlain(reader, decoder.type, count, decoder.element.type_length), decoder);
}

/**
 * The rows of a data page, made only when they are taken: a page of strings and lists would outlive the young generation,
 * and collecting it costs more than reading the file. Null for a page that holds no values.
 */
export function decodeRows(
  column: LeafColumn,
  header: PageHeader,
  stored: Uint8Array,
  dictionary: DecodedArray | undefined,
): PageRows | null {
  const about = header.data_page_header ?? header.data_page_header_v2;
  if (about === undefined || about.num_values === 0) {
    return null;
  }
  const leveled = isPlainTexts(column, header)
    ? readPlainTexts(column, header, unpack(column, header, stored))
    : readValues(column, header, stored, dictionary);
  if (isShort(leveled.definitionLevels) || isShort(leveled.repetitionLevels)) {
    throw new Error("a page ends before its values do");
  }
  return placeInRows(column, leveled);
}

function readValues(
  column: LeafColumn,
  header: PageHeader,
  stored: Uint8Array,
  dictionary: DecodedArray | undefined,
): LeveledValues {
  const { decoder } = column;
  const first = header.data_page_header;
  const { whole, body } = unpack(column, header, stored);
  const { num_values: count, encoding: kind } = (first ?? header.data_page_header_v2)!;
  if (kind.endsWith("_DICTIONARY") && body < whole.length) {
    checkRuns(whole, body + 1, whole.length, whole[body], count);
  }
  const unpacked = { ...header.data_page_header_v2!, is_compressed: false };
  const page = first
    ? readDataPage(whole, first, decoder)
    : readDataPageV2(whole, { ...header, data_page_header_v2: unpacked }, decoder);
  const { definitionLevels = [], repetitionLevels = [], dataPage } = page;
  const { encoding } = (first ?? header.data_page_header_v2)!;
  if (isShort(dataPage)) {
    throw new Error("a page ends before its values do");
  }
  const values = encoding.endsWith("_DICTIONARY") ? lookUp(dataPage, dictionary) : convert(dataPage, decoder);
  return { definitionLevels, repetitionLevels, values };
}

/** A page without its packing, and where its levels, which are checked, end. */
function unpack(
  { decoder }: LeafColumn,
  header: PageHeader,
  stored: Uint8Array,
): { whole: Buffer; body: number } {
  const { codec, compressors, schemaPath } = decoder;
  const widths = [getMaxRepetitionLevel(schemaPath), getMaxDefinitionLevel(schemaPath)].map(bitWidth);
  const second = header.data_page_header_v2;
  const size = header.uncompressed_page_size;
  if (second === undefined) {
    const whole = bufferOf(decompressPage(stored, size, codec, compressors));
    let body = 0;
    for (const width of widths.filter((one) => one > 0)) {
      const end = body + 4 + whole.readUInt32LE(body);
      checkRuns(whole, body + 4, end, width, header.data_page_header!.num_values);
      body = end;
    }
    return { whole, body };
  }
  const lengths = [second.repetition_levels_byte_length, second.definition_levels_byte_length];
  const body = lengths[0] + lengths[1];
  const packed = stored.subarray(body);
  const values =
    second.is_compressed === false ? packed : decompressPage(packed, size - body, codec, compressors);
  const whole = Buffer.concat([stored.subarray(0, body), values]);
  let start = 0;
  for (const [index, width] of widths.entries()) {
    if (width > 0) {
      checkRuns(whole, start, start + lengths[index], width, second.num_values);
    }
    start += lengths[index];
  }
  return { whole, body };
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

function lookUp(places: DecodedArray, dictionary: DecodedArray | undefined): Values {
  const size = dictionary?.length ?? 0;
  if ((places as number[]).some((place) => place >= size)) {
    throw new Error("a page points outside of its dictionary");
  }
  return {
    length: places.length,
    slice: (start, end) => Array.from(places.slice(start, end) as number[], (place) => dictionary![place]),
  };
}

/** What a library leaves empty where a page has fewer values than it says. */
const isShort = (values: ArrayLike<unknown>): boolean => Array.isArray(values) && values.includes(undefined);

function placeInRows({ isFlat, decoder }: LeafColumn, leveled: LeveledValues): PageRows {
  const { definitionLevels, repetitionLevels, values } = leveled;
  if (isFlat && definitionLevels.length === 0) {
    return { rows: values };
  }
  const { levelAt, valueAt } = rowStarts(leveled, decoder.schemaPath.reduce(countLevels, 0));
  const piece = (rows: unknown[], [level, value]: number[], [lastLevel, lastValue]: number[]): unknown[] => {
    const definitions = definitionLevels.slice(level, lastLevel);
    const found = values.slice(value, lastValue) as unknown[];
    return isFlat
      ? withNulls(definitions, found)
      : (assembleLists(
          rows,
          definitions,
          repetitionLevels.slice(level, lastLevel),
          found,
          decoder.schemaPath,
        ) as unknown[]);
  };
  const start = (row: number) => [levelAt[row], valueAt[row]];
  const rows: Values = {
    length: levelAt.length - 1,
    slice: (from, to) => (from < to ? piece([], start(from), start(to)) : []),
  };
  if (!(repetitionLevels[0] > 0)) {
    return { rows };
  }
  return {
    goOn: (row) => {
      const joined = piece([row], [0, 0], start(0));
      return {
        length: rows.length + 1,
        slice: (from, to) => [
          ...(from === 0 && to > 0 ? joined : []),
          ...Array.from(rows.slice(Math.max(from - 1, 0), Math.max(to - 1, 0))),
        ],
      };
    },
  };
}

const countLevels = (levels: number, { element }: LeafColumn["decoder"]["schemaPath"][number]): number =>
  levels + (element.repetition_type === "OPTIONAL" || element.repetition_type === "REPEATED" ? 1 : 0);

/** The first level and the first value of each row that begins in the page, and behind the last one the end of both. */
function rowStarts(
  { definitionLevels, repetitionLevels, values }: LeveledValues,
  highest: number,
): { levelAt: number[]; valueAt: number[] } {
  const count = repetitionLevels.length || definitionLevels.length || values.length;
  const levelAt: number[] = [];
  const valueAt: number[] = [];
  let value = 0;
  for (let level = 0; level < count; level++) {
    if (!(repetitionLevels[level] > 0)) {
      levelAt.push(level);
      valueAt.push(value);
    }
    value += definitionLevels.length === 0 || definitionLevels[level] === highest ? 1 : 0;
  }
  if (value !== values.length) {
    throw new Error(`a page has ${values.length} values where its levels place ${value}`);
  }
  levelAt.push(count);
  valueAt.push(value);
  return { levelAt, valueAt };
}

function withNulls(definitionLevels: readonly number[], values: ArrayLike<unknown>): unknown[] {
  let next = 0;
  return definitionLevels.map((level) => (level > 0 ? values[next++] : null));
}
