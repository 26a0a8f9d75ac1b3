import { setTimeout as delay } from 'node:timers/promises';
import type { Bridge, CmafEpoch } from '#src/core/cmaf.ts';
import { systemClock } from '#src/core/clock.ts';
import type { StreamId } from '#src/core/ids.ts';
import { silentLog } from '#src/core/log.ts';
import type { TapPacket, Track } from '#src/core/media.ts';
import { openBridge, type BridgeDeps } from '#src/bridge/bridge.ts';
import { bridgeConfig } from '#src/bridge/config.ts';
import type { BridgeConfig } from '#src/bridge/config.ts';
import type { FfmpegFound } from '#src/bridge/ffmpeg.ts';
import type { LayerTapListener, SoundTapListener, TapListener } from '#src/bridge/tap.ts';
import type { HlsRig } from '#test/kit/hls-rig.ts';

/** A recording that is played in real time, again and again, as one stream without an end. */
export class Publisher implements Disposable {
  keyframeRequests = 0;
  readonly #listener: TapListener;
  readonly #timer: NodeJS.Timeout;
  readonly #tracks = new Map<string, LoopedTrack>();

  constructor(listener: TapListener) {
    this.#listener = listener;
    this.#timer = setInterval(() => this.#send(), 20);
  }

  /** Sends these packets from now on in place of the kind's earlier ones; a new codec or size goes on in sequence. */
  play(packets: readonly TapPacket[], loopMs: number): void {
    const [first] = packets;
    if (!first) throw new Error('nothing to play');
    this.#tracks.set(first.kind, new LoopedTrack(packets, loopMs, this.#tracks.get(first.kind)));
  }

  stop(kind: string): void {
    this.#tracks.delete(kind);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #send(): void {
    const batch = [...this.#tracks.values()].flatMap((track) => track.due());
    if (batch.length > 0) this.#listener.packets(batch.toSorted((a, b) => a.arrivedMs - b.arrivedMs));
  }
}

class LoopedTrack {
  readonly #packets: readonly TapPacket[];
  readonly #loopMs: number;
  readonly #startMs = systemClock.nowMs();
  #index = 0;
  #loop = 0;
  nextSequence: number;

  constructor(packets: readonly TapPacket[], loopMs: number, before: LoopedTrack | undefined) {
    this.#packets = packets;
    this.#loopMs = loopMs;
    this.nextSequence = before?.nextSequence ?? 70_000;
  }

  due(): TapPacket[] {
    const batch: TapPacket[] = [];
    for (;;) {
      const packet = this.#packets[this.#index];
      if (!packet) {
        this.#index = 0;
        this.#loop += 1;
        continue;
      }
      const offsetMs = packet.arrivedMs + this.#loop * this.#loopMs;
      if (offsetMs > systemClock.nowMs() - this.#startMs) return batch;
      const rate = packet.kind === 'video' ? 90 : 48;
      const timestamp = Math.round((this.#startMs + offsetMs) * rate) >>> 0;
      batch.push({ ...packet, sequence: this.nextSequence, timestamp, arrivedMs: this.#startMs + offsetMs });
      this.nextSequence += 1;
      this.#index += 1;
    }
  }
}

/** One epoch as the packager would collect it. */
export interface Collected {
  readonly epoch: CmafEpoch;
  readonly bytes: Map<string, Uint8Array>;
  readonly ended: Promise<void>;
}

/** A bridge under test. */
export interface Rig {
  readonly bridge: Bridge;
  readonly publisher: Publisher;
  readonly epochs: readonly Collected[];
}

/** Parts of a bridge that are not the usual ones. */
export interface RigDeps extends Partial<BridgeDeps> {
  /** Hears who publishes in simulcast layers. */
  readonly layers?: (listener: LayerTapListener) => Disposable;
  /** Hears who publishes more than one sound. */
  readonly sounds?: (listener: SoundTapListener) => Disposable;
}

/** A bridge with a publisher in front and everything that comes out collected behind. */
export function openRig(
  ffmpeg: FfmpegFound,
  tracks: readonly Track[],
  config: Partial<BridgeConfig> = {},
  { layers, sounds, ...deps }: RigDeps = {},
): Rig {
  const epochs: Collected[] = [];
  let publisher: Publisher | undefined;
  const bridge = openBridge(
    {
      stream: 'rig' as StreamId,
      ffmpeg,
      clock: systemClock,
      log: silentLog,
      segmentTargetMs: 2_000,
      onEpoch: (epoch) => epochs.push(collect(epoch)),
      taps: {
        listen: (listener) => (publisher = new Publisher(listener)),
        ...(layers && { listenLayers: layers }),
        ...(sounds && { listenSounds: sounds }),
        requestKeyframe: () => {
          if (publisher) publisher.keyframeRequests += 1;
        },
      },
      ...deps,
    },
    bridgeConfig.parse(config),
  );
  if (!publisher) throw new Error('the bridge does not listen');
  bridge.setTracks(tracks);
  return { bridge, publisher, epochs };
}

function collect(epoch: CmafEpoch): Collected {
  const bytes = new Map<string, Uint8Array>();
  const read = async (rendition: string, source: AsyncIterable<Uint8Array>): Promise<void> => {
    const chunks: Uint8Array[] = [];
    bytes.set(rendition, new Uint8Array());
    for await (const chunk of source) {
      chunks.push(chunk);
      bytes.set(rendition, Buffer.concat(chunks));
    }
  };
  const ended = Promise.all(epoch.tracks.map((track) => read(track.rendition, track.bytes))).then(
    () => undefined,
  );
  return { epoch, bytes, ended };
}

/** Waits until something holds; fails after a time that no loaded machine needs. */
export async function until(what: string, holds: () => boolean, timeoutMs = 20_000): Promise<void> {
  const startedMs = systemClock.nowMs();
  while (!holds()) {
    if (systemClock.nowMs() - startedMs > timeoutMs) throw new Error(`never: ${what}`);
    await delay(20);
  }
}

/** Number of fragments (moof boxes) in a fragmented MP4. */
export function fragments(bytes: Uint8Array | undefined): number {
  const view = Buffer.from(bytes ?? []);
  let count = 0;
  for (let at = 0; at + 8 <= view.length; at += Math.max(8, view.readUInt32BE(at))) {
    if (view.toString('latin1', at + 4, at + 8) === 'moof') count += 1;
  }
  return count;
}

/** What is missing between two epochs of copied video that is played at 30 pictures a second: less than 0 where they overlap. */
export function missedMs(before: Collected, after: Collected): number {
  const lastedMs = (fragments(before.bytes.get('v0')) * 1_000) / 30;
  return after.epoch.startedWallMs - before.epoch.startedWallMs - lastedMs;
}

/** Resolves when LL-HLS has come to this segment of its top quality. */
export function reachedSegment({ packager }: HlsRig, segment: number): Promise<void> {
  const top = (): number =>
    packager.report.renditions.find(({ rendition }) => rendition === 'v0')?.segment ?? 0;
  return until(`segment ${String(segment)}`, () => top() >= segment, 40_000);
}
