import type { RowGroup, SchemaElement, SchemaTree } from "hyparquet";
import type { readPage } from "hyparquet/src/column.js";
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { getMaxRepetitionLevel, getTreePath, isFlatColumn } from "hyparquet/src/schema.js";
import { codecs } from "./codecs.ts";
import { textFromBytes } from "./text.ts";

type Decoder = Parameters<typeof readPage>[2];

/** One physical column of a row group: where it lies and how it is decoded. */
export interface LeafColumn {
  /** Its path in the schema, with dots. */
  name: string;
  /** Bytes of the file. */
  start: number;
  end: number;
  /** Values, nulls included; more than the rows where values repeat. */
  values: number;
  isFlat: boolean;
  repeats: boolean;
  isText: boolean;
  decoder: Decoder;
}

const parsers: Decoder["parsers"] = {
  ...DEFAULT_PARSERS,
  stringFromBytes: textFromBytes,
  // The text of JSON, which a row of JSON Lines would hold as well.
  jsonFromBytes: textFromBytes,
};

/** Throws Error for a file that is split over others or encrypted, or too short. */
export function leafColumns(tree: SchemaTree, { columns }: RowGroup, fileSize: number): LeafColumn[] {
  return columns.map(({ meta_data: about, file_path: elsewhere }) => {
    if (about === undefined || elsewhere) {
      throw new Error("a column is encrypted or lies in another file");
    }
    const schemaPath = getTreePath(tree, about.path_in_schema);
    const { element } = schemaPath.at(-1)!;
    const data = Number(about.data_page_offset);
    const dictionary = Number(about.dictionary_page_offset ?? 0);
    const start = dictionary > 0 && dictionary < data ? dictionary : data;
    const end = start + Number(about.total_compressed_size);
    const values = Number(about.num_values);
    if (!(start >= 0 && end >= start && end <= fileSize && values >= 0)) {
      throw new Error(`column ${about.path_in_schema.join(".")} claims bytes ${start} to ${end}`);
    }
    return {
      name: about.path_in_schema.join("."),
      start,
      end,
      values,
      isFlat: isFlatColumn(schemaPath),
      repeats: getMaxRepetitionLevel(schemaPath) > 0,
      isText: about.type === "BYTE_ARRAY" && isText(element),
      decoder: {
        pathInSchema: about.path_in_schema,
        type: about.type,
        codec: about.codec,
        element,
        schemaPath,
        parsers,
        compressors: codecs,
        // Bytes that are not marked as text are bytes: images.
        utf8: false,
      },
    };
  });
}

/** True where values of a column may be other than JSON's after decoding. */
export function needsPlainValues({ children, element }: SchemaTree): boolean {
  const plainTypes: SchemaElement["type"][] = ["BOOLEAN", "INT32", "FLOAT", "DOUBLE"];
  const isDate = element.converted_type === "DATE";
  return children.length > 0 || isDate || !(isText(element) || plainTypes.includes(element.type));
}

const isText = (element: SchemaElement): boolean =>
  element.converted_type === "UTF8" || element.logical_type?.type === "STRING";
