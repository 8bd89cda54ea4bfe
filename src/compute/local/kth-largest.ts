/**
 * The k-th largest of `values[start, start + size)`, 1 <= k <= size, equal values counted one by one; 0 and -0 are
 * equal, and either may stand for both. One pass with a min-heap; `heap` is scratch memory for at least k values.
 */
export function kthLargest(
  values: Float32Array,
  start: number,
  size: number,
  k: number,
  heap: Float32Array,
): number {
  for (let i = 0; i < k; i++) {
    heap[i] = values[start + i];
  }
  for (let parent = (k >> 1) - 1; parent >= 0; parent--) {
    placeFrom(heap, k, parent, heap[parent]);
  }
  let smallest = heap[0];
  for (let i = start + k; i < start + size; i++) {
    const value = values[i];
    if (value > smallest) {
      placeFrom(heap, k, 0, value);
      smallest = heap[0];
    }
  }
  return smallest;
}

/** Puts `value` at `hole` or below it, where neither child is smaller. */
function placeFrom(heap: Float32Array, size: number, hole: number, value: number): void {
  let place = hole;
  for (let child = 2 * place + 1; child < size; child = 2 * place + 1) {
    if (child + 1 < size && heap[child + 1] < heap[child]) {
      child++;
    }
    if (value <= heap[child]) {
      break;
    }
    heap[place] = heap[child];
    place = child;
  }
  heap[place] = value;
}
