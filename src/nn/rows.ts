import type { Tensor } from "../engine/primitives.ts";

/** What a decoder reads of each row: its token, its position and the tables of the rotation. */
export interface Rows {
  /** [N] integers. */
  tokenIds: Tensor;
  /** [N] integers, counted from 0 within each sequence. */
  positions: Tensor;
  /** [M, headSize / 2]. */
  cosines: Tensor;
  sines: Tensor;
}
