import { systemClock } from '#src/core/clock.ts';
import type { Layer, LayerTapPacket, TapPacket } from '#src/core/media.ts';
import type { LayerTapListener, SoundTapListener } from '#src/bridge/tap.ts';

/** One simulcast layer that is sent. */
interface PlayedLayer {
  readonly packets: readonly TapPacket[];
  readonly loopMs: number;
  /** Its own count of time: what is added to the common timestamps. */
  readonly offset: number;
  /** Its pictures are taken from so far into the recording: keyframes then stand elsewhere. */
  readonly aheadMs: number;
  next: { index: number; loop: number };
  sequence: number;
  paused: boolean;
}

/**
 * A publisher that encodes the same pictures in several sizes, played in real time from recordings of equal length, without an
 * end. Each layer counts timestamps and sequence numbers on its own, as RTP wants it.
 */
export class LayeredPublisher implements Disposable {
  readonly #startMs = systemClock.nowMs();
  readonly #layers = new Map<Layer, PlayedLayer>();
  readonly #timer: NodeJS.Timeout;
  readonly #ticksPerMs: number;
  #listener: LayerTapListener | undefined;
  listening = 0;

  /** `ticksPerMs`: of its timestamps. */
  constructor(ticksPerMs = 90) {
    this.#ticksPerMs = ticksPerMs;
    this.#timer = setInterval(() => this.#send(), 20);
  }

  listen(listener: LayerTapListener): Disposable {
    this.#listener = listener;
    this.listening += 1;
    return {
      [Symbol.dispose]: () => {
        this.listening -= 1;
        if (this.#listener === listener) this.#listener = undefined;
      },
    };
  }

  /** The same for a publisher of several sounds: each layer is one of them. */
  listenSounds(listener: SoundTapListener): Disposable {
    return this.listen({
      packets: (batch) =>
        listener.packets(batch.map(({ layer: sound, ...packet }) => ({ ...packet, sound }))),
      clock: ({ layer: sound, ...reading }) => listener.clock({ sound, ...reading }),
    });
  }

  /** Sends this recording as one layer from now on. `aheadMs`: a multiple of a picture's time. */
  play(layer: Layer, packets: readonly TapPacket[], loopMs: number, aheadMs = 0): void {
    const before = this.#layers.get(layer);
    const offset = before?.offset ?? (layer + 1) * 0x3123_4567;
    const played = { packets, loopMs, offset, aheadMs, paused: false, sequence: before?.sequence ?? 70_000 };
    this.#layers.set(layer, { ...played, next: position(played, this.#mediaMs()) });
  }

  pause(layer: Layer): void {
    const played = this.#layers.get(layer);
    if (played) played.paused = true;
  }

  /** Goes on as if it had sent all the time, but with a keyframe, as an encoder does. */
  resume(layer: Layer): void {
    const played = this.#layers.get(layer);
    if (!played) return;
    played.paused = false;
    played.next = position(played, this.#mediaMs());
  }

  /** Sender reports of all layers, of this instant. */
  report(): void {
    for (const [layer, { offset, paused }] of this.#layers) {
      if (paused) continue;
      const timestamp = (Math.round(this.#mediaMs() * this.#ticksPerMs) + offset) >>> 0;
      this.#listener?.clock({ layer, timestamp, ntpMs: 1_700_000_000_000 + this.#mediaMs() });
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #mediaMs(): number {
    return systemClock.nowMs() - this.#startMs;
  }

  #send(): void {
    const batch = [...this.#layers].flatMap(([layer, played]) => this.#due(layer, played));
    if (batch.length > 0) this.#listener?.packets(batch.toSorted((a, b) => a.arrivedMs - b.arrivedMs));
  }

  #due(layer: Layer, played: PlayedLayer): LayerTapPacket[] {
    const batch: LayerTapPacket[] = [];
    if (played.paused) return batch;
    for (;;) {
      const packet = played.packets[played.next.index];
      if (!packet) {
        played.next = { index: 0, loop: played.next.loop + 1 };
        continue;
      }
      const mediaMs = packet.arrivedMs + played.next.loop * played.loopMs - played.aheadMs;
      if (mediaMs > this.#mediaMs()) return batch;
      const timestamp = (Math.round(mediaMs * this.#ticksPerMs) + played.offset) >>> 0;
      // Smaller layers leave the encoder a little sooner.
      const arrivedMs = this.#startMs + mediaMs - layer;
      batch.push({ ...packet, layer, sequence: played.sequence, timestamp, arrivedMs });
      played.sequence += 1;
      played.next.index += 1;
    }
  }
}

/** The beginning of the next round of a recording. */
function position(
  { loopMs, aheadMs }: Pick<PlayedLayer, 'loopMs' | 'aheadMs'>,
  mediaMs: number,
): PlayedLayer['next'] {
  return { index: 0, loop: Math.ceil((mediaMs + aheadMs) / loopMs) };
}
