/** Pictures whose numbers are remembered: eight seconds and more, as long as packets are repeated. */
const remembered = 512;

/**
 * Picture ids of a stream without the pictures of some of its layers: continuous, with holes only for pictures of which nothing
 * came. Such a picture keeps a number until it is known not to belong; receivers get over a hole at the next picture of the
 * base layer.
 */
export class SubPictures {
  readonly #ids = new Float64Array(remembered).fill(-1);
  readonly #numbers = new Float64Array(remembered);
  #highestId = -1;
  #highest = -1;

  /** Goes on behind the pictures numbered so far, whatever ids were not seen meanwhile. */
  restart(): void {
    this.#highestId = -1;
  }

  /** The number of the picture with this extended id. */
  number(id: number, belongs: boolean): number {
    if (this.#highestId < 0) {
      this.#highestId = id - 1;
      if (this.#highest < 0) this.#highest = id - 1;
    }
    if (id <= this.#highestId) {
      return this.#ids[id % remembered] === id ? (this.#numbers[id % remembered] ?? 0) : this.#highest;
    }
    const missing = id - this.#highestId - 1;
    for (let i = Math.max(1, missing - remembered + 1); i <= missing; i += 1) {
      this.#keep(this.#highestId + i, this.#highest + i);
    }
    this.#highest += missing + (belongs ? 1 : 0);
    this.#highestId = id;
    this.#keep(id, this.#highest);
    return this.#highest;
  }

  #keep(id: number, number: number): void {
    this.#ids[id % remembered] = id;
    this.#numbers[id % remembered] = number;
  }
}
