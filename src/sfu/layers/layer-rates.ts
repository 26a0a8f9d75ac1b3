/** Layers of each kind that any descriptor can tell apart. */
export const layersOfAKind = 8;
const cells = layersOfAKind * layersOfAKind;
/** Weight of the newest second in the smoothed rates. */
const smoothing = 0.4;

/** Measured bit rate of every layer of one stream, whether or not anybody follows it. */
export class LayerRates {
  readonly #bytes = new Float64Array(cells);
  readonly #smoothedBps = new Float64Array(cells);
  #maxSpatial = 0;
  #maxTemporal = 0;

  /** Highest layers that came lately. */
  get maxSpatial(): number {
    return this.#maxSpatial;
  }

  get maxTemporal(): number {
    return this.#maxTemporal;
  }

  /** Notes a packet. */
  note(spatial: number, temporal: number, bytes: number): void {
    const cell = spatial * layersOfAKind + temporal;
    this.#bytes[cell] = (this.#bytes[cell] ?? 0) + bytes;
    if (spatial > this.#maxSpatial) this.#maxSpatial = spatial;
    if (temporal > this.#maxTemporal) this.#maxTemporal = temporal;
  }

  /** Rates of the time since the last call; layers of which nothing came are gone. */
  measure(spanMs: number): void {
    this.#maxSpatial = 0;
    this.#maxTemporal = 0;
    for (let cell = 0; cell < cells; cell += 1) {
      const bps = ((this.#bytes[cell] ?? 0) * 8000) / spanMs;
      const before = this.#smoothedBps[cell] ?? 0;
      this.#bytes[cell] = 0;
      this.#smoothedBps[cell] = before === 0 || bps === 0 ? bps : before + (bps - before) * smoothing;
      if (bps === 0) continue;
      this.#maxSpatial = Math.max(this.#maxSpatial, Math.floor(cell / layersOfAKind));
      this.#maxTemporal = Math.max(this.#maxTemporal, cell % layersOfAKind);
    }
  }

  /** Bit rate of all layers up to these; 0 until measured. */
  bpsUpTo(spatial: number, temporal: number): number {
    let bps = 0;
    for (let s = 0; s <= spatial; s += 1) {
      for (let t = 0; t <= temporal; t += 1) bps += this.#smoothedBps[s * layersOfAKind + t] ?? 0;
    }
    return bps;
  }
}
