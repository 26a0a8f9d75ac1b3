import type { CmafEpoch, CmafTrack } from '#src/core/cmaf.ts';
import type { TrackKind } from '#src/core/media.ts';

/** Makes fragmented MP4 as FFmpeg does, one frame per fragment, with bytes that mean nothing; no FFmpeg needed. */

/** A box: size, type, content. */
export function box(type: string, ...content: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content);
  return Buffer.concat([numbers(body.length + 8), Buffer.from(type, 'latin1'), body]);
}

/** 32-bit big-endian numbers. */
export function numbers(...values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, index * 4));
  return bytes;
}

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');
const zeros = (count: number): Uint8Array => Buffer.alloc(count);

/** Ticks per second of the made tracks. */
export const timescaleOf: Readonly<Record<TrackKind, number>> = { video: 15_360, audio: 48_000 };

function sampleEntry(kind: TrackKind, size: { readonly width: number; readonly height: number }): Uint8Array {
  if (kind === 'audio') {
    const esds = hex('00000000 0319 0001 00 0411 40150000000001f4000001f400 0502 1190 060102');
    const entry = [zeros(6), hex('0001'), zeros(8), hex('0002 0010 0000 0000'), numbers(48_000 * 65_536)];
    return box('mp4a', ...entry, box('esds', esds));
  }
  const dimensions = Buffer.alloc(4);
  dimensions.writeUInt16BE(size.width, 0);
  dimensions.writeUInt16BE(size.height, 2);
  const avcC = box('avcC', hex('0142c01e ff e1 0004 6742c01e 01 0002 68ce'));
  return box('avc1', zeros(6), hex('0001'), zeros(16), dimensions, zeros(50), avcC);
}

/** ftyp and moov of one track. */
export function initSegment(kind: TrackKind, size = { width: 1280, height: 720 }): Uint8Array {
  const stsd = box('stsd', numbers(0, 1), sampleEntry(kind, size));
  const mdhd = box('mdhd', numbers(0, 0, 0, timescaleOf[kind], 0, 0));
  const mdia = box('mdia', mdhd, box('minf', box('stbl', stsd)));
  const tkhd = box('tkhd', numbers(3, 0, 0, 1, 0, 0), zeros(60));
  const trex = box('trex', numbers(0, 1, 1, 0, 0, 0));
  const moov = box('moov', box('trak', tkhd, mdia), box('mvex', trex));
  return Buffer.concat([box('ftyp', Buffer.from('iso6\0\0\0\0cmfc', 'latin1')), moov]);
}

/** One frame to be made. */
export interface MadeFrame {
  readonly startTicks: number;
  readonly durationTicks: number;
  readonly keyframe: boolean;
  readonly data: Uint8Array;
}

/** moof and mdat of one frame, with the flags and defaults that FFmpeg writes. */
export function fragment(frame: MadeFrame, sequence = 1): Uint8Array {
  const flags = frame.keyframe ? 0x0200_0000 : 0x0101_0000;
  const tfhd = box('tfhd', numbers(0x02_003a, 1, 1, frame.durationTicks, frame.data.length, flags));
  const tfdt = box('tfdt', numbers(0x0100_0000, Math.floor(frame.startTicks / 2 ** 32), frame.startTicks));
  const moof = (offset: number): Uint8Array =>
    box(
      'moof',
      box('mfhd', numbers(0, sequence)),
      box('traf', tfhd, tfdt, box('trun', numbers(0x0100_0001, 1, offset))),
    );
  const offset = moof(0).length + 8;
  return Buffer.concat([moof(offset), box('mdat', frame.data)]);
}

/** A byte stream that a test writes into. */
export class ByteFeed implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #ended = false;
  #wake: () => void = () => undefined;
  /** The reader has gone. */
  returned = false;

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk) yield chunk;
        else if (this.#ended) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.returned = true;
    }
  }
}

/** Writes one track of an epoch, frame by frame. */
export class TrackFeed {
  readonly kind: TrackKind;
  readonly bytes = new ByteFeed();
  readonly track: CmafTrack;
  #ticks: number;
  #frames = 0;

  constructor(
    kind: TrackKind,
    options: {
      readonly rendition?: string;
      readonly startMs?: number;
      readonly size?: { readonly width: number; readonly height: number };
    } = {},
  ) {
    this.kind = kind;
    this.track = {
      kind,
      rendition: options.rendition ?? (kind === 'video' ? 'v0' : 'a0'),
      bytes: this.bytes,
    };
    this.#ticks = Math.round(((options.startMs ?? 10_000) * timescaleOf[kind]) / 1000);
    this.bytes.push(initSegment(kind, options.size));
  }

  /** Media time of the next frame. */
  get atMs(): number {
    return (this.#ticks * 1000) / timescaleOf[this.kind];
  }

  /** Adds a frame; its data tells its number. */
  frame(durationMs: number, keyframe: boolean, sizeBytes = 200): void {
    const durationTicks = Math.round((durationMs * timescaleOf[this.kind]) / 1000);
    this.#frames += 1;
    const data = Buffer.alloc(sizeBytes, this.#frames & 255);
    this.bytes.push(fragment({ startTicks: this.#ticks, durationTicks, keyframe, data }, this.#frames));
    this.#ticks += durationTicks;
  }

  /** Leaves a hole. */
  skip(durationMs: number): void {
    this.#ticks += Math.round((durationMs * timescaleOf[this.kind]) / 1000);
  }
}

/** How a made stream looks. */
export interface MadeStream {
  readonly frameMs?: number;
  readonly gopFrames?: number;
}

/** An epoch of video and audio (or one of them) that a test advances by media time. */
export class EpochFeed {
  readonly video: TrackFeed | undefined;
  readonly audio: TrackFeed | undefined;
  readonly epoch: CmafEpoch;
  readonly #frameMs: number;
  readonly #gopFrames: number;
  #pictures = 0;

  constructor(number = 1, kinds: readonly TrackKind[] = ['video', 'audio'], made: MadeStream = {}) {
    this.video = kinds.includes('video') ? new TrackFeed('video') : undefined;
    this.audio = kinds.includes('audio') ? new TrackFeed('audio', { startMs: 10_000 - 21.333 }) : undefined;
    this.#frameMs = made.frameMs ?? 1000 / 30;
    this.#gopFrames = made.gopFrames ?? 60;
    const tracks = [this.video, this.audio].filter((feed) => feed !== undefined).map((feed) => feed.track);
    this.epoch = {
      epoch: number,
      startedWallMs: 1_700_000_000_000 + number * 3_600_000,
      baseMediaTimeMs: 10_000,
      tracks,
    };
  }

  /** Makes both tracks reach this media time (10 000 is the start), in the order a live source has. */
  async advanceTo(untilMs: number): Promise<void> {
    for (;;) {
      const videoMs = this.video?.atMs ?? Infinity;
      const audioMs = this.audio?.atMs ?? Infinity;
      if (Math.min(videoMs, audioMs) >= untilMs) break;
      if (videoMs <= audioMs) this.video?.frame(this.#frameMs, this.#pictures++ % this.#gopFrames === 0);
      else this.audio?.frame((1024 * 1000) / 48_000, true, 100);
      // One frame at a time, as pipes bring them: both tracks are read side by side.
      await settled();
    }
  }

  end(): void {
    this.video?.bytes.end();
    this.audio?.bytes.end();
  }
}

/** Lets everything that waits for a promise run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
