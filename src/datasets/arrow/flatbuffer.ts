/** What a slot of a table refers to; slots that are not named hold numbers. */
export type Part =
  | { kind: "text" }
  /** A list of numbers or structs of so many bytes. */
  | { kind: "items"; bytes: number }
  | { kind: "table" | "tables"; shape: () => Shape }
  /** One of several tables; the slot before says which. */
  | { kind: "union"; shapeOf: (type: number) => Shape };

/** The slots of a table that refer to something, by their numbers. */
export type Shape = { readonly [slot: number]: Part };

const deepest = 64;
/** No byte is meant to be used twice, but writers may share what is equal. */
const mostUses = 8;

/**
 * Checks that a flatbuffer holds what it refers to and that reading all of it takes no more than a multiple of its size: the
 * generated readers take whatever stands there, and so never end with some damage. Throws Error.
 */
export function checkFlatbuffer({ buffer, byteOffset, byteLength }: Uint8Array, root: Shape): void {
  const view = new DataView(buffer, byteOffset, byteLength);
  let left = mostUses * byteLength;
  const use = (start: number, bytes: number): void => {
    left -= bytes;
    if (!(start >= 0 && start + bytes <= byteLength) || left < 0) {
      throw new Error("something in it reaches beyond its end, or is referred to without end");
    }
  };
  const wordAt = (position: number): number => {
    use(position, 4);
    return view.getUint32(position, true);
  };
  const checkItems = (position: number, bytes: number): number => {
    const count = wordAt(position);
    use(position + 4, count * bytes);
    return count;
  };
  const checkPart = (part: Part, position: number, type: number, depth: number): void => {
    const target = position + wordAt(position);
    switch (part.kind) {
      case "text":
        checkItems(target, 1);
        return;
      case "items":
        checkItems(target, part.bytes);
        return;
      case "table":
        checkTable(part.shape(), target, depth);
        return;
      case "union":
        checkTable(part.shapeOf(type), target, depth);
        return;
      case "tables": {
        const count = checkItems(target, 4);
        for (let item = target + 4; item < target + 4 + 4 * count; item += 4) {
          checkTable(part.shape(), item + wordAt(item), depth);
        }
      }
    }
  };
  const checkTable = (shape: Shape, position: number, depth: number): void => {
    if (depth > deepest) {
      throw new Error(`something in it is more than ${deepest} levels deep`);
    }
    use(position, 4);
    const slots = position - view.getInt32(position, true);
    use(slots, 4);
    const slotBytes = view.getUint16(slots, true);
    const tableBytes = view.getUint16(slots + 2, true);
    use(slots, slotBytes);
    use(position, tableBytes);
    const placeOf = (slot: number): number => {
      const entry = 4 + 2 * slot;
      return entry + 2 <= slotBytes ? view.getUint16(slots + entry, true) : 0;
    };
    for (let slot = 0; 4 + 2 * slot < slotBytes; slot++) {
      const place = placeOf(slot);
      if (place >= tableBytes && place > 0) {
        throw new Error("a field in it reaches beyond its table");
      }
      const part = shape[slot];
      if (part !== undefined && place > 0) {
        const typePlace = placeOf(slot - 1);
        const type = part.kind === "union" && typePlace > 0 ? view.getUint8(position + typePlace) : 0;
        checkPart(part, position + place, type, depth + 1);
      }
    }
  };
  checkTable(root, wordAt(0), 0);
}
