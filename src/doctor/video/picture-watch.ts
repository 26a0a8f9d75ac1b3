import type { Vitals } from '#src/core/finding.ts';
import type { TapPacket } from '#src/core/media.ts';
import { resolution } from '#src/rtp/keyframe.ts';
import type { Encoder } from '../encoder.ts';
import type { Symptom, Watch } from '../symptom.ts';

/** LL-HLS segments begin at keyframes; 4 s is as long as they may sensibly be. A little more is rounding. */
const longestIntervalMs = 4_200;
const newsMs = 60_000;
/** A hole this long is an outage: what passes in it says nothing about the encoder. */
const outageMs = 2_000;

/** Watches when keyframes come, and whether their size stays. */
export class PictureWatch implements Watch {
  readonly #encoder: Encoder;
  #timestamp = -1;
  /** Arrival of the newest packet. */
  #packetMs = -Infinity;
  /** Arrival of the last keyframe, or the end of an outage after it. */
  #keyframeMs: number | undefined;
  #intervalMs = 0;
  #size = '';
  #change: { readonly atMs: number; readonly from: string; readonly to: string } | undefined;
  #hearing: 'answers' | 'deaf' | 'unknown' = 'unknown';
  #packets = 0;
  #keyframes = 0;

  constructor(encoder: Encoder) {
    this.#encoder = encoder;
  }

  packet({ codec, keyframe, timestamp, payload, arrivedMs }: TapPacket): void {
    if (this.#keyframeMs !== undefined && arrivedMs - this.#packetMs > outageMs) this.#keyframeMs = arrivedMs;
    this.#packetMs = Math.max(this.#packetMs, arrivedMs);
    if (!keyframe) return;
    this.#measure(resolution(codec, payload), arrivedMs);
    if (timestamp === this.#timestamp) return;
    this.#timestamp = timestamp;
    if (this.#keyframeMs !== undefined) this.#intervalMs = arrivedMs - this.#keyframeMs;
    this.#keyframeMs = arrivedMs;
  }

  report({ publication }: Vitals): void {
    const track = publication?.tracks.find(({ kind }) => kind === 'video');
    this.#hearing = track?.keyframeRequests ?? 'unknown';
    this.#packets = track?.layers.reduce((sum, layer) => sum + layer.packets, 0) ?? 0;
    this.#keyframes = track?.layers.reduce((sum, layer) => sum + layer.keyframes, 0) ?? 0;
  }

  symptoms(nowMs: number): readonly Symptom[] {
    const symptoms: Symptom[] = [];
    if (this.#packets > 0 && this.#keyframes === 0 && this.#keyframeMs === undefined)
      symptoms.push({ code: 'no-keyframe', evidence: { packets: this.#packets } });
    const ageMs = this.#keyframeMs === undefined ? 0 : this.#packetMs - this.#keyframeMs;
    const intervalMs = Math.round(Math.max(this.#intervalMs, ageMs));
    if (intervalMs > longestIntervalMs && !this.#asksForKeyframes())
      symptoms.push({ code: 'keyframe-interval', evidence: { keyframeIntervalMs: intervalMs } });
    if (this.#change && nowMs - this.#change.atMs < newsMs) {
      const { from, to } = this.#change;
      symptoms.push({ code: 'resolution-change', evidence: { from, to } });
    }
    return symptoms;
  }

  /** Whoever sends keyframes when asked needs none at intervals; browsers do unless they prove deaf. */
  #asksForKeyframes(): boolean {
    return this.#hearing === 'answers' || (this.#encoder === 'browser' && this.#hearing !== 'deaf');
  }

  #measure(size: ReturnType<typeof resolution>, atMs: number): void {
    if (!size) return;
    const to = `${size.width}x${size.height}`;
    if (this.#size !== '' && this.#size !== to) this.#change = { atMs, from: this.#size, to };
    this.#size = to;
  }
}
