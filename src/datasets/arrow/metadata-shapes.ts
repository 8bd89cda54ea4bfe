import { MessageHeader, Type } from "apache-arrow";
import type { Part, Shape } from "./flatbuffer.ts";

// Slots as in Arrow's format/Schema.fbs, Message.fbs and File.fbs.

const text: Part = { kind: "text" };
const items = (bytes: number): Part => ({ kind: "items", bytes });
const table = (shape: () => Shape): Part => ({ kind: "table", shape });
const tables = (shape: () => Shape): Part => ({ kind: "tables", shape });

const numbersOnly: Shape = {};
const keyValue: Shape = { 0: text, 1: text };
const customMetadata = tables(() => keyValue);

function typeShape(type: Type): Shape {
  switch (type) {
    case Type.Union:
      return { 1: items(4) };
    case Type.Timestamp:
      return { 1: text };
    default:
      return numbersOnly;
  }
}

const dictionaryEncoding: Shape = { 1: table(() => numbersOnly) };
const field: Shape = {
  0: text,
  3: { kind: "union", shapeOf: typeShape },
  4: table(() => dictionaryEncoding),
  5: tables(() => field),
  6: customMetadata,
};
const schema: Shape = { 1: tables(() => field), 2: customMetadata, 3: items(8) };
const recordBatch: Shape = { 1: items(16), 2: items(16), 3: table(() => numbersOnly), 4: items(8) };
const dictionaryBatch: Shape = { 1: table(() => recordBatch) };

function headerShape(type: MessageHeader): Shape {
  switch (type) {
    case MessageHeader.Schema:
      return schema;
    case MessageHeader.DictionaryBatch:
      return dictionaryBatch;
    case MessageHeader.RecordBatch:
      return recordBatch;
    default:
      throw new Error(`it is of kind ${type}, where a schema, a dictionary or rows are wanted`);
  }
}

export const messageShape: Shape = { 2: { kind: "union", shapeOf: headerShape }, 4: customMetadata };

export const footerShape: Shape = {
  1: table(() => schema),
  2: items(24),
  3: items(24),
  4: customMetadata,
};
