import { maxUnitBytes } from './unit.ts';

/**
 * NAL units of one picture as length-prefixed chunks (four-byte lengths, ISO 14496-15 section 5.3.2), put together from
 * whole units and fragments without copying payloads.
 */
export class NalCollector {
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;
  #fragments: Uint8Array[] | undefined;
  #fragmentBytes = 0;

  get chunks(): readonly Uint8Array[] {
    return this.#chunks;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Whether a fragmented unit waits for its end. */
  get open(): boolean {
    return this.#fragments !== undefined;
  }

  clear(): void {
    this.#chunks = [];
    this.#sizeBytes = 0;
    this.#fragments = undefined;
    this.#fragmentBytes = 0;
  }

  /** Adds a complete unit. */
  whole(nal: Uint8Array): void {
    this.#chunks.push(lengthPrefix(nal.length), nal);
    this.#sizeBytes += 4 + nal.length;
  }

  /** The first fragment; `header` is the unit's rebuilt header. */
  first(header: Uint8Array, fragment: Uint8Array): void {
    this.#fragments = [header, fragment];
    this.#fragmentBytes = header.length + fragment.length;
  }

  /** A further fragment; false when no first one came. */
  next(fragment: Uint8Array): boolean {
    if (!this.#fragments || this.#fragmentBytes > maxUnitBytes) return false;
    this.#fragments.push(fragment);
    this.#fragmentBytes += fragment.length;
    return true;
  }

  /** The last fragment came: adds the unit, or only forgets it. */
  last(keep: boolean): void {
    if (this.#fragments && keep) {
      this.#chunks.push(lengthPrefix(this.#fragmentBytes), ...this.#fragments);
      this.#sizeBytes += 4 + this.#fragmentBytes;
    }
    this.#fragments = undefined;
    this.#fragmentBytes = 0;
  }

  /** The fragmented unit as one array, for parameter sets that a sender fragmented. */
  joined(): Uint8Array {
    return Buffer.concat(this.#fragments ?? []);
  }
}

function lengthPrefix(length: number): Uint8Array {
  const prefix = Buffer.allocUnsafe(4);
  prefix.writeUInt32BE(length);
  return prefix;
}

/**
 * Splits an aggregation packet's body (RFC 6184 section 5.7.1, RFC 7798 section 4.4.2) into its units; undefined when
 * the sizes do not add up.
 */
export function splitAggregate(body: Uint8Array): Uint8Array[] | undefined {
  const units: Uint8Array[] = [];
  let at = 0;
  while (at + 2 <= body.length) {
    const size = ((body[at] ?? 0) << 8) | (body[at + 1] ?? 0);
    at += 2;
    if (size === 0 || at + size > body.length) return undefined;
    units.push(body.subarray(at, at + size));
    at += size;
  }
  return at === body.length && units.length > 0 ? units : undefined;
}
