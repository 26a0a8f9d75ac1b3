/** Where blocks go once the process runs. */
export interface InputProcess {
  /** Bytes that it has not taken yet. */
  readonly bufferedBytes: number;
  /** Hands on blocks, all of them in one write. */
  write(...blocks: readonly Uint8Array[]): void;
}

/** Sound that has waited for so long goes out alone. */
const soundPatienceMs = 40;

/**
 * Blocks on their way to FFmpeg. Each write wakes up another process, which costs more than the sound that is in it: where
 * there is video, sound goes out together with the picture behind it. Before the process is there everything is kept.
 */
export class FfmpegInput {
  #process: InputProcess | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #waitingSinceMs = 0;
  /** Of what waits, so much says nothing of how FFmpeg keeps up. */
  #excusedBytes = 0;

  /** Bytes that FFmpeg has not taken yet and should have. */
  get backlogBytes(): number {
    const bytes = this.#bytes;
    this.#excusedBytes = Math.min(this.#excusedBytes, bytes);
    return bytes - this.#excusedBytes;
  }

  /** What waits now came all at once: FFmpeg gets time for it. */
  excuse(): void {
    this.#excusedBytes = this.#bytes;
  }

  /** The process is there: what was kept goes out. */
  begin(process: InputProcess): void {
    this.#process = process;
    this.flush();
  }

  /** Sends blocks and what waits in front of them. */
  send(...blocks: readonly Uint8Array[]): void {
    for (const block of blocks) this.#keep(block);
    this.flush();
  }

  /** Takes a block of sound, which goes out with the next picture or soon. */
  hold(block: Uint8Array, nowMs: number): void {
    if (this.#waiting.length === 0) this.#waitingSinceMs = nowMs;
    this.#keep(block);
    if (nowMs - this.#waitingSinceMs >= soundPatienceMs) this.flush();
  }

  /** Sends what waits. */
  flush(): void {
    if (!this.#process || this.#waiting.length === 0) return;
    this.#process.write(...this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  get #bytes(): number {
    return this.#waitingBytes + (this.#process?.bufferedBytes ?? 0);
  }

  #keep(block: Uint8Array): void {
    this.#waiting.push(block);
    this.#waitingBytes += block.length;
  }
}
