import type { EncoderReport } from '#src/core/cmaf.ts';
import { isHardware, type EncoderUse } from './encoders.ts';

/** Who says which encoders work. */
export interface EncoderChoice {
  /** The best; undefined when there is none. */
  choose(): EncoderUse | undefined;
  /** The one to fall back on; undefined when there is none. */
  readonly steady: EncoderUse | undefined;
  /** Why nothing can be encoded; undefined when it can. */
  readonly lack: string | undefined;
  doubt(use: EncoderUse): void;
}

/** After a failure the stream stays with x264 for so long. */
const avoidMs = 10 * 60_000;

/** The encoder of one stream: the desk's best, but x264, or what stands in for it, for a while after that one failed here. */
export class StreamEncoder {
  readonly #desk: EncoderChoice;
  #avoidUntilMs = -Infinity;
  #problem: string | undefined;

  constructor(desk: EncoderChoice) {
    this.#desk = desk;
  }

  /** Why nothing can be encoded; undefined when it can. */
  get lack(): string | undefined {
    return this.#desk.lack;
  }

  /** Who encodes what must not fail; undefined when nothing can be encoded. */
  get steady(): EncoderUse | undefined {
    return this.#desk.steady ?? this.#desk.choose();
  }

  /** Who encodes an epoch that begins now; undefined when nothing can be encoded. */
  choose(nowMs: number): EncoderUse | undefined {
    if (nowMs < this.#avoidUntilMs) return this.steady;
    this.#problem = undefined;
    return this.#desk.choose();
  }

  /** FFmpeg ended or hung with this encoder. */
  failed(use: EncoderUse | undefined, problem: string, nowMs: number): void {
    if (use === undefined || !isHardware(use.name)) return;
    this.#avoidUntilMs = nowMs + avoidMs;
    const { steady } = this.#desk;
    const next = steady
      ? `${steady.name === 'software' ? 'x264' : steady.name} took over`
      : 'there is no other';
    this.#problem = `${use.name} failed, ${next}: ${problem}`;
    this.#desk.doubt(use);
  }

  /** Who encodes, and what is wrong with it; undefined where nothing is encoded, though it could be. */
  report(use: EncoderUse | undefined): EncoderReport | undefined {
    if (use === undefined) return this.lack === undefined ? undefined : { name: 'none', problem: this.lack };
    return { name: use.name, ...(this.#problem !== undefined && { problem: this.#problem }) };
  }
}
