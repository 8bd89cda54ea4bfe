const frameMagic = 0x184d2204;
const uncompressedBlock = 0x80000000;
/** Bytes that a byte of a block can become: a length goes on in bytes of 255. */
const mostGrowth = 255;

/** Decompresses one LZ4 frame (github.com/lz4/lz4, doc/lz4_Frame_format.md). Throws Error for anything else. */
export function decompressLz4Frame(frame: Uint8Array): Uint8Array {
  const input = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const { blocks, blockSize } = findBlocks(input);
  // A damaged header may claim blocks far larger than what their bytes can hold.
  const most = blocks.reduce(
    (sum, { start, end, isCompressed }) =>
      sum + Math.min(blockSize, (end - start) * (isCompressed ? mostGrowth : 1)),
    0,
  );
  const output = Buffer.allocUnsafeSlow(most);
  let size = 0;
  for (const { start, end, isCompressed } of blocks) {
    if (isCompressed) {
      size = decompressBlock(input, start, end, output, size);
    } else {
      if (end - start > blockSize) {
        throw new Error("LZ4: a block is larger than its frame says");
      }
      size += input.copy(output, size, start, end);
    }
  }
  return output.subarray(0, size);
}

interface Block {
  start: number;
  end: number;
  isCompressed: boolean;
}

function findBlocks(input: Buffer): { blocks: Block[]; blockSize: number } {
  if (input.length < 7 || input.readUInt32LE(0) !== frameMagic) {
    throw new Error("LZ4: this is no frame");
  }
  const flags = input[4];
  const hasBlockChecksum = (flags & 0x10) !== 0;
  const hasContentSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  if (flags >> 6 !== 1 || hasDictionary) {
    throw new Error("LZ4: the frame has an unsupported version or a dictionary");
  }
  // 4 stands for 64 KiB; each further one is four times larger.
  const blockSize = 2 ** (8 + 2 * ((input[5] >> 4) & 7));
  const blocks: Block[] = [];
  for (let position = 7 + (hasContentSize ? 8 : 0); ; ) {
    const size = input.readUInt32LE(position);
    if (size === 0) {
      return { blocks, blockSize };
    }
    const start = position + 4;
    const end = start + (size & ~uncompressedBlock);
    if (end > input.length) {
      throw new Error("LZ4: the frame was cut off");
    }
    blocks.push({ start, end, isCompressed: size < uncompressedBlock });
    position = end + (hasBlockChecksum ? 4 : 0);
  }
}

/** Appends a block to the output, from which it may repeat what earlier blocks put there; returns the new size. */
function decompressBlock(input: Buffer, start: number, end: number, output: Buffer, before: number): number {
  let from = start;
  let to = before;
  const length = (first: number): number => {
    let sum = first;
    if (first === 15) {
      let byte: number;
      do {
        byte = input[from++];
        sum += byte;
      } while (byte === 255);
    }
    return sum;
  };
  while (from < end) {
    const token = input[from++];
    const literals = length(token >> 4);
    if (!(from + literals <= end && to + literals <= output.length)) {
      throw new Error("LZ4: literals reach beyond their block");
    }
    to += input.copy(output, to, from, from + literals);
    from += literals;
    if (from >= end) {
      break;
    }
    const distance = input[from] | (input[from + 1] << 8);
    from += 2;
    const matched = length(token & 15) + 4;
    if (!(distance > 0 && distance <= to && to + matched <= output.length)) {
      throw new Error("LZ4: a match reaches beyond what there is");
    }
    // The match may reach into what it makes itself.
    for (const stop = to + matched; to < stop; to++) {
      output[to] = output[to - distance];
    }
  }
  return to;
}
