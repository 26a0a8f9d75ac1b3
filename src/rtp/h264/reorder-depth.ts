/** H.264 section A.3.1: no decoder holds more frames back. */
const maxDepth = 16;

/**
 * Measures how far decoding and screen order part: how many of the pictures that came before one are shown after it. That is
 * how many pictures a decoder must hold back (max_num_reorder_frames, H.264 section E.2.1). 0 for a stream without B-frames.
 */
export class ReorderDepth {
  /** The largest orders since the last IDR picture, ascending. */
  #highest: number[] = [];
  #depth = 0;
  #reordered = 0;

  /** The largest depth seen. */
  get depth(): number {
    return this.#depth;
  }

  /** Pictures that came after one that is shown later. */
  get reordered(): number {
    return this.#reordered;
  }

  /** The next picture in decoding order, and whether it is an IDR picture; says whether it came out of the order on the screen. */
  add(order: number, idr: boolean): boolean {
    if (idr) this.#highest = [];
    let later = 0;
    while (later < this.#highest.length && (this.#highest.at(-1 - later) ?? order) > order) later += 1;
    this.#highest.splice(this.#highest.length - later, 0, order);
    if (this.#highest.length > maxDepth) this.#highest.shift();
    if (later === 0) return false;
    this.#depth = Math.max(this.#depth, Math.min(later, maxDepth));
    this.#reordered += 1;
    return true;
  }

  /** Pictures are missing: what came before says nothing about what follows. */
  gap(): void {
    this.#highest = [];
  }
}
