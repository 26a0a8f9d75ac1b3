import type { RecordCipher } from './dtls-keys.ts';
import { writeRecord } from './dtls-records.ts';
import { dtlsVersion } from './dtls-hello.ts';

/** Content of one record of a flight; its number it gets anew each time it is sent. */
export interface FlightPart {
  readonly type: number;
  readonly content: Buffer;
  /** Sent under the new keys (epoch 1). */
  readonly isProtected: boolean;
}

/** Numbers our records, and seals those of epoch 1. No number is used twice, so no nonce is either. */
export class RecordWriter {
  cipher: RecordCipher | undefined;
  readonly #next: [clear: number, sealed: number] = [0, 0];

  write({ type, content, isProtected }: FlightPart): Buffer {
    const epoch = isProtected ? 1 : 0;
    const sequence = this.#next[epoch]++;
    const head = { type, version: dtlsVersion.v12, epoch };
    if (!isProtected) return writeRecord({ ...head, sequence, fragment: content });
    if (this.cipher === undefined) throw new Error('there are no keys yet');
    const fragment = this.cipher.seal(content, { ...head, sequenceNumber: sequence });
    return writeRecord({ ...head, sequence, fragment });
  }
}

/** What every path carries, with room for what a relay puts around it. */
const maxDatagramBytes = 1_200;
/**
 * RFC 6347 section 4.2.4.1 begins with a second and lets those begin sooner who cannot wait. Media is waiting, and there are
 * servers that read our first datagram only to learn that somebody is there; a repetition too many costs a few hundred bytes.
 */
const firstTimeoutMs = 250;
const maxTimeoutMs = 2_000;
/** Of one flight, on the timer's own account; the whole handshake's time is over before. */
const maxSends = 10;

/** Sends a flight, and again until the other side goes on (RFC 6347 section 4.2.4). */
export class FlightSender implements Disposable {
  readonly #writer: RecordWriter;
  readonly #send: (datagram: Buffer) => void;
  #flight: readonly FlightPart[] = [];
  #timeoutMs = firstTimeoutMs;
  #sends = 0;
  #answered = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(writer: RecordWriter, send: (datagram: Buffer) => void) {
    this.#writer = writer;
    this.#send = send;
  }

  /** The next flight takes the place of the one before. */
  start(flight: readonly FlightPart[]): void {
    this.#flight = flight;
    this.#timeoutMs = firstTimeoutMs;
    this.#sends = 0;
    this.#transmit();
  }

  /** The other side repeats its flight, so ours got lost. It is sent again at once, but once a time-out at most. */
  repeat(): void {
    if (this.#answered || this.#timer === undefined) return;
    this.#answered = true;
    this.#write();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flight = [];
  }

  readonly #transmit = (): void => {
    clearTimeout(this.#timer);
    this.#answered = false;
    this.#sends += 1;
    this.#timer = this.#sends < maxSends ? setTimeout(this.#transmit, this.#timeoutMs) : undefined;
    this.#timeoutMs = Math.min(2 * this.#timeoutMs, maxTimeoutMs);
    // Last, because the answer may come, and the next flight begin, before this returns.
    this.#write();
  };

  #write(): void {
    let records: Buffer[] = [];
    let bytes = 0;
    for (const part of this.#flight) {
      const record = this.#writer.write(part);
      if (bytes > 0 && bytes + record.length > maxDatagramBytes) {
        this.#send(Buffer.concat(records));
        records = [];
        bytes = 0;
      }
      records.push(record);
      bytes += record.length;
    }
    if (bytes > 0) this.#send(Buffer.concat(records));
  }
}
