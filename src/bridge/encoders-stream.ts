import type { EncoderReport } from '#src/core/cmaf.ts';
import { software, type EncoderUse } from './encoders.ts';

/** Who says which encoders work. */
export interface EncoderChoice {
  choose(): EncoderUse;
  doubt(use: EncoderUse): void;
}

/** After a failure the stream stays with x264 for so long. */
const avoidMs = 10 * 60_000;

/** The encoder of one stream: the desk's best, but x264 for a while after that one failed here. */
export class StreamEncoder {
  readonly #desk: EncoderChoice;
  #avoidUntilMs = -Infinity;
  #problem: string | undefined;

  constructor(desk: EncoderChoice) {
    this.#desk = desk;
  }

  /** Who encodes an epoch that begins now. */
  choose(nowMs: number): EncoderUse {
    if (nowMs < this.#avoidUntilMs) return software;
    this.#problem = undefined;
    return this.#desk.choose();
  }

  /** FFmpeg ended or hung with this encoder. */
  failed(use: EncoderUse | undefined, problem: string, nowMs: number): void {
    if (use === undefined || use.name === 'software') return;
    this.#avoidUntilMs = nowMs + avoidMs;
    this.#problem = `${use.name} failed, x264 took over: ${problem}`;
    this.#desk.doubt(use);
  }

  /** Who encodes, and what is wrong with it; undefined where nothing is encoded. */
  report(use: EncoderUse | undefined): EncoderReport | undefined {
    if (use === undefined) return undefined;
    return { name: use.name, ...(this.#problem !== undefined && { problem: this.#problem }) };
  }
}
