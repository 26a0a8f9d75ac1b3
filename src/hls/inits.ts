/** Init segments of this many runs stay; more restarts do not fit into a window. */
const maxInits = 64;

/** Init segments of one rendition by their names; every run of the encoder has its own. */
export class Inits {
  readonly #bytes = new Map<string, Uint8Array>();

  put(name: string, bytes: Uint8Array): void {
    this.#bytes.set(name, bytes);
    const [oldest] = this.#bytes.keys();
    if (this.#bytes.size > maxInits && oldest !== undefined) this.#bytes.delete(oldest);
  }

  get(name: string): Uint8Array | undefined {
    return this.#bytes.get(name);
  }
}
