import type { Layer, LayerTapPacket, Track } from '#src/core/media.ts';
import type { AccessUnit } from '#src/bridge/depacketise/unit.ts';
import { LayeredVideo } from '#src/bridge/layers/layered-video.ts';
import type { TapClock } from '#src/bridge/tap.ts';

/** Parameter sets of x264 for 1280x720, 640x360 and 320x180. */
const parameterSets = [
  ['6742c01fda014016ec0440000003004000000f03c60ca8', '68ce0fc8'],
  ['6742c01eda0280bfe5c044000003000400000300f03c58ba80', '68ce0fc8'],
  ['6742c00dda05067e7c0440000003004000000f03c50aa8', '68ce0fc8'],
] as const;
const idr = '65888400104f';
const slice = '419a2401';
const pictureMs = 1000 / 30;

/** Widths of layers by number. */
export const widths = [1280, 640, 320] as const;

/** What came out, in short: `1280*` is a leading keyframe, `(640)` a picture beside, `a` is sound. */
export interface Outcome {
  readonly text: string;
  readonly timestamp: number;
}

/** A layered publisher of 30 pictures a second, and what becomes of it; time is the test's. */
export class LayerRig {
  readonly track: Track = {
    ...{ kind: 'video', codec: 'h264', clockRateHz: 90_000, fmtp: '' },
    rids: ['f', 'h', 'q'],
  };
  readonly outcomes: Outcome[] = [];
  readonly clocks: TapClock[] = [];
  /** Keyframes that were asked for. */
  wanted = 0;
  readonly video: LayeredVideo;
  nowMs = 1_000_000;
  /** Which layers send. */
  readonly active = new Set<Layer>([0, 1, 2]);
  /** Pictures of a layer come so much later than those of the others. */
  readonly lateMs = new Map<Layer, number>();
  /** Keyframes of a layer stand so many pictures behind those of the others. */
  readonly behind = new Map<Layer, number>();
  /** Other parameters than its own. */
  readonly looksLike = new Map<Layer, number>();
  reports = false;
  #picture = 0;
  #leading = 0;
  readonly #sequences = new Map<Layer, number>();
  #due: LayerTapPacket[] = [];

  constructor() {
    this.video = new LayeredVideo(this.track, 100, {
      lead: (unit) => this.#note(unit, (width) => `${width}${unit.keyframe ? '*' : ''}`),
      beside: (layer, unit) => this.#note(unit, () => `(${widths[layer] ?? 0}${unit.keyframe ? '*' : ''})`),
      clock: (reading) => this.clocks.push(reading),
      keyframeWanted: () => (this.wanted += 1),
    });
  }

  /** Lets so many pictures pass; every `gop` of them there is a keyframe. */
  pass(pictures: number, gop = 30): void {
    for (let index = 0; index < pictures; index += 1) {
      for (const layer of this.active) this.#encode(layer, gop);
      this.#picture += 1;
      this.nowMs += pictureMs;
      this.#deliver();
      if (this.#picture % 3 === 0) this.video.tick(this.nowMs);
      if (this.reports && this.#picture % 15 === 0) this.#report();
    }
  }

  /** Sound comes. */
  sound(): void {
    const unit = { kind: 'audio', timestamp: 0, keyframe: true, chunks: [], sizeBytes: 0 } as const;
    this.video.sound({ ...unit, arrivedMs: this.nowMs, config: undefined });
  }

  /** What came out since the last time. */
  take(): readonly Outcome[] {
    return this.outcomes.splice(0);
  }

  /** The same, as one text without what repeats. */
  story(): string {
    const texts = this.take().map(({ text }) => text);
    return texts.filter((text, index) => text !== texts[index - 1]).join(' ');
  }

  problemOf(rid: string): string | undefined {
    return this.video.layersAt(this.nowMs).seen.find((layer) => layer.rid === rid)?.problem;
  }

  #encode(layer: Layer, gop: number): void {
    const keyframe = (this.#picture - (this.behind.get(layer) ?? 0)) % gop === 0;
    const sets = keyframe ? (parameterSets[this.looksLike.get(layer) ?? layer] ?? []) : [];
    const payloads = [...sets, keyframe ? idr : slice];
    const timestamp = this.#timestamp(layer, this.#picture * pictureMs);
    for (const [index, hex] of payloads.entries()) {
      const sequence = (this.#sequences.get(layer) ?? 70_000) + 1;
      this.#sequences.set(layer, sequence);
      this.#due.push({
        ...{ kind: 'video', codec: 'h264', layer, sequence, timestamp, keyframe },
        marker: index === payloads.length - 1,
        payload: Buffer.from(hex, 'hex'),
        arrivedMs: this.nowMs + (this.lateMs.get(layer) ?? 0),
      });
    }
  }

  #deliver(): void {
    const due = this.#due.filter(({ arrivedMs }) => arrivedMs <= this.nowMs);
    this.#due = this.#due.filter(({ arrivedMs }) => arrivedMs > this.nowMs);
    // The smallest come first, as they leave an encoder.
    const inOrder = due.toSorted((a, b) => a.arrivedMs - b.arrivedMs || b.layer - a.layer);
    this.video.packets(inOrder, this.nowMs);
  }

  #report(): void {
    for (const layer of this.active) {
      const ntpMs = 1_700_000_000_000 + this.#picture * pictureMs;
      this.video.clock({ layer, timestamp: this.#timestamp(layer, this.#picture * pictureMs), ntpMs });
    }
  }

  /** Each layer counts from somewhere else, one of them over the end of 32 bits. */
  #timestamp(layer: Layer, mediaMs: number): number {
    return (Math.round(mediaMs * 90) + 0xffff_0000 + layer * 0x1234_5678) >>> 0;
  }

  #note(unit: AccessUnit, text: (width: number) => string): void {
    const { kind, timestamp, config } = unit;
    const isBeside = text(0).startsWith('(');
    if (config && !isBeside) this.#leading = config.width;
    this.outcomes.push({ text: kind === 'audio' ? 'a' : text(this.#leading), timestamp });
  }
}
