import type { StreamView } from '../shared/api-types.ts';

/** What is remembered of one stream at one second. */
export interface Sample {
  readonly atMs: number;
  readonly bitrateBps: number;
  readonly packets: number;
  readonly lost: number;
  readonly keyframes: number;
  readonly framesDropped: number;
  /** Age of the keyframe that viewers begin with; 0 while there is none. */
  readonly startUpMs: number;
}

/** The last minutes of one stream, bounded. */
export class StreamHistory {
  readonly #samples: Sample[] = [];
  readonly #limit: number;
  #keyframes = -1;
  #keyframeAtMs = 0;
  #requests = 0;
  #requestsAtKeyframe = 0;

  /** Keeps at most `limit` samples; one comes each second. */
  constructor(limit = 120) {
    this.#limit = limit;
  }

  /** Oldest first. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** Takes one snapshot in. */
  add(stream: StreamView, atMs: number): void {
    const layers = stream.tracks.flatMap((track) => track.layers);
    const video = stream.tracks.filter((track) => track.kind === 'video').flatMap((track) => track.layers);
    const keyframes = total(video.map((layer) => layer.keyframes));
    this.#requests = total(video.map((layer) => layer.keyframeRequestsSent));
    if (keyframes !== this.#keyframes) {
      this.#keyframes = keyframes;
      this.#keyframeAtMs = atMs;
      this.#requestsAtKeyframe = this.#requests;
    }
    this.#samples.push({
      atMs,
      bitrateBps: stream.live ? total(layers.map((layer) => layer.bitrateBps)) : 0,
      packets: total(layers.map((layer) => layer.packets)),
      lost: total(layers.map((layer) => layer.lost)),
      keyframes,
      framesDropped: stream.bridge?.framesDropped ?? 0,
      startUpMs: Math.max(0, ...stream.tracks.map(({ startUp }) => startUp?.spanMs ?? 0)),
    });
    if (this.#samples.length > this.#limit) this.#samples.shift();
  }

  /** Share of packets that never came, over the last seconds; counters that started over count as nothing. */
  lossRatio(seconds = 10): number {
    const [first, last] = this.#ends(seconds);
    if (first === undefined || last === undefined) return 0;
    const lost = Math.max(0, last.lost - first.lost);
    const came = Math.max(0, last.packets - first.packets);
    return lost + came === 0 ? 0 : lost / (lost + came);
  }

  /** Frames that FFmpeg never got, over the last seconds. */
  droppedFrames(seconds = 10): number {
    const [first, last] = this.#ends(seconds);
    return first === undefined || last === undefined
      ? 0
      : Math.max(0, last.framesDropped - first.framesDropped);
  }

  /** The oldest keyframe that viewers had to begin with, over the last seconds. */
  longestStartUpMs(seconds = 20): number {
    return Math.max(0, ...this.#samples.slice(-seconds).map(({ startUpMs }) => startUpMs));
  }

  /** Since when no keyframe came, as far as this page saw. */
  sinceKeyframeMs(nowMs: number): number {
    return this.#samples.length === 0 ? 0 : nowMs - this.#keyframeAtMs;
  }

  /** Whether a keyframe was asked for since the last one came: browsers send none that nobody needs. */
  get keyframeWanted(): boolean {
    return this.#requests > this.#requestsAtKeyframe;
  }

  #ends(seconds: number): readonly [Sample | undefined, Sample | undefined] {
    const last = this.#samples.at(-1);
    if (last === undefined) return [undefined, undefined];
    return [this.#samples.find((sample) => sample.atMs >= last.atMs - seconds * 1000), last];
  }
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
