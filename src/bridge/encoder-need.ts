import type { CodecConfig } from './depacketise/unit.ts';
import type { StreamEncoder } from './encoders-stream.ts';

/** Refuses what must be encoded while nothing can be. What is copied goes on. */
export class EncoderNeed {
  readonly #encoder: Pick<StreamEncoder, 'lack'> | undefined;
  /** What was refused last. */
  #codec: string | undefined;

  constructor(encoder: Pick<StreamEncoder, 'lack'> | undefined) {
    this.#encoder = encoder;
  }

  /** Whether a process may begin with this. */
  allows({ codec }: Pick<CodecConfig, 'codec'>, { passthrough }: { readonly passthrough: boolean }): boolean {
    const isRefused = codec !== 'opus' && !passthrough && this.#encoder?.lack !== undefined;
    this.#codec = isRefused ? codec : undefined;
    return !isRefused;
  }

  /** Why nothing begins; undefined when nothing was refused, or what was lacking is there. */
  get refusal(): string | undefined {
    const lack = this.#encoder?.lack;
    if (this.#codec === undefined || lack === undefined) return undefined;
    const what =
      this.#codec === 'h264' ? 'H.264 with B-frames in an order that is not told' : this.#codec.toUpperCase();
    return `LL-HLS needs ${what} encoded anew, and ${lack}`;
  }
}
