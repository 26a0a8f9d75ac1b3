import type { CmafTrack } from '#src/core/cmaf.ts';
import { BoxSplitter, concatBytes, MalformedMp4, type Box } from './bmff.ts';
import { isSync, readFragment, type Sample } from './fragment.ts';
import { readInit, type InitFacts } from './init.ts';

/** A sample with its times in milliseconds of media time. */
export interface TimedSample extends Sample {
  readonly startMs: number;
  readonly durationMs: number;
  readonly independent: boolean;
}

/** The init segment of a track. */
export interface TrackInit {
  readonly facts: InitFacts;
  /** ftyp and moov. */
  readonly bytes: Uint8Array;
}

/** Hears what a track's byte stream holds, in order. */
export interface TrackSink {
  init(init: TrackInit): void;
  sample(sample: TimedSample): void;
}

/** Turns boxes into the init segment and samples of one track. Throws MalformedMp4. */
export class TrackReader {
  readonly #sink: TrackSink;
  readonly #splitter = new BoxSplitter();
  #ftyp: Uint8Array = new Uint8Array(0);
  #facts: InitFacts | undefined;
  #moof: Uint8Array | undefined;

  constructor(sink: TrackSink) {
    this.#sink = sink;
  }

  /** Takes the next chunk of the byte stream. */
  push(chunk: Uint8Array): void {
    for (const box of this.#splitter.push(chunk)) this.#box(box);
  }

  #box(box: Box): void {
    switch (box.type) {
      case 'ftyp':
        this.#ftyp = box.bytes;
        return;
      case 'moov':
        this.#facts = readInit(box.body);
        // Copied, so that it does not keep a pipe's whole chunk alive for as long as the stream.
        this.#sink.init({ facts: this.#facts, bytes: concatBytes([this.#ftyp, box.bytes]) });
        return;
      case 'moof':
        this.#moof = box.bytes;
        return;
      case 'mdat':
        this.#fragment(box.bytes);
        return;
      default:
        // styp, sidx, prft, emsg, mfra, free: nothing that a part needs.
        return;
    }
  }

  #fragment(mdat: Uint8Array): void {
    const facts = this.#facts;
    const moof = this.#moof;
    this.#moof = undefined;
    if (!facts || !moof) throw new MalformedMp4('mdat without moov and moof in front of it');
    const msPerTick = 1000 / facts.timescale;
    for (const sample of readFragment({ moof, mdat }, facts.defaults)) {
      this.#sink.sample({
        ...sample,
        startMs: sample.decodeTicks * msPerTick,
        durationMs: sample.durationTicks * msPerTick,
        independent: isSync(sample),
      });
    }
  }
}

/** Reads a track until its bytes end or the signal aborts; rejects with MalformedMp4 or the error of the source. */
export async function readTrack(track: CmafTrack, sink: TrackSink, signal: AbortSignal): Promise<void> {
  const reader = new TrackReader(sink);
  const chunks = new Chunks(track.bytes[Symbol.asyncIterator]());
  const stop = (): void => chunks.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    for (let chunk = await chunks.next(); chunk; chunk = await chunks.next()) reader.push(chunk);
  } finally {
    signal.removeEventListener('abort', stop);
    chunks.close();
  }
}

/** Reads a source whose next chunk may not come for long, and can be told to stop meanwhile. */
class Chunks {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #stopped = false;
  /** Settles the read that is pending. */
  #settle: ((chunk: undefined) => void) | undefined;

  constructor(iterator: AsyncIterator<Uint8Array>) {
    this.#iterator = iterator;
  }

  /** The next chunk, or undefined at the end or when it was stopped. */
  next(): Promise<Uint8Array | undefined> {
    if (this.#stopped) return Promise.resolve(undefined);
    // A fresh promise per read: a race against one long-lived promise would remember every read of the stream.
    return new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#iterator.next().then((next) => resolve(next.done === true ? undefined : next.value), reject);
    });
  }

  /** No further chunk is wanted. */
  stop(): void {
    this.#stopped = true;
    this.#settle?.(undefined);
  }

  /** Lets go of the source. Not waited for: a generator settles its return only after the read that is still pending. */
  close(): void {
    void this.#iterator.return?.();
  }
}

/** A frame that would be longer than any segment may be leaves a hole behind it instead. */
export function clipSample(sample: TimedSample, limitMs: number): TimedSample {
  if (sample.durationMs <= limitMs) return sample;
  const durationTicks = Math.floor((sample.durationTicks * limitMs) / sample.durationMs);
  return { ...sample, durationTicks, durationMs: limitMs };
}
