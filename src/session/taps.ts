import type { PublicationId } from '#src/core/ids.ts';
import type {
  Layer,
  LayerTapPacket,
  SoundIndex,
  SoundTapPacket,
  TapPacket,
  TrackKind,
} from '#src/core/media.ts';
import type { MediaPlane } from '#src/core/plane.ts';

/** Hears one stream's packets and clock readings. */
export interface TapListener {
  packets(batch: readonly TapPacket[]): void;
  clock(reading: { readonly kind: TrackKind; readonly timestamp: number; readonly ntpMs: number }): void;
}

/** Hears each simulcast layer of one stream's video on its own. */
export interface LayerTapListener {
  packets(batch: readonly LayerTapPacket[]): void;
  clock(reading: { readonly layer: Layer; readonly timestamp: number; readonly ntpMs: number }): void;
}

/** Hears each audio track beside the first on its own. */
export interface SoundTapListener {
  packets(batch: readonly SoundTapPacket[]): void;
  clock(reading: { readonly sound: SoundIndex; readonly timestamp: number; readonly ntpMs: number }): void;
}

/** One stream's packets for an in-process reader: a viewer that never leaves. */
export interface Tap {
  listen(listener: TapListener): Disposable;
  listenLayers(listener: LayerTapListener): Disposable;
  listenSounds(listener: SoundTapListener): Disposable;
  /** Of the layer that is tapped, or of every simulcast layer. */
  requestKeyframe(everyLayer?: boolean): void;
}

/** The media plane's taps. Packets of a publication are copied to this thread only while somebody listens to one of them. */
export function openTaps(plane: MediaPlane): (publication: PublicationId) => Tap {
  const whole = new Switches((publication, on) => plane.send({ type: 'tap', publication, on }));
  const layers = new Switches((publication, on) => plane.send({ type: 'tap-layers', publication, on }));
  const sounds = new Switches((publication, on) => plane.send({ type: 'tap-sounds', publication, on }));
  return (publication) => ({
    listen(listener) {
      const subscription = plane.listen((event) => {
        if (event.type === 'tap' && event.publication === publication) listener.packets(event.packets);
        else if (event.type === 'tap-clock' && event.publication === publication) listener.clock(event);
      });
      return whole.on(publication, subscription);
    },
    listenLayers(listener) {
      const subscription = plane.listen((event) => {
        if (event.type === 'tap-layers' && event.publication === publication) listener.packets(event.packets);
        else if (event.type === 'tap-layer-clock' && event.publication === publication) listener.clock(event);
      });
      return layers.on(publication, subscription);
    },
    listenSounds(listener) {
      const subscription = plane.listen((event) => {
        if (event.type === 'tap-sounds' && event.publication === publication) listener.packets(event.packets);
        else if (event.type === 'tap-sound-clock' && event.publication === publication) listener.clock(event);
      });
      return sounds.on(publication, subscription);
    },
    requestKeyframe: (everyLayer) =>
      plane.send({ type: 'request-keyframe', publication, ...(everyLayer === true && { everyLayer }) }),
  });
}

/** What is on for as long as somebody listens. */
class Switches {
  readonly #listeners = new Map<PublicationId, number>();
  readonly #turn: (publication: PublicationId, on: boolean) => void;

  constructor(turn: (publication: PublicationId, on: boolean) => void) {
    this.#turn = turn;
  }

  /** Somebody listens until the result is disposed of, and the subscription with it. */
  on(publication: PublicationId, subscription: Disposable): Disposable {
    if (this.#count(publication, 1) === 1) this.#turn(publication, true);
    return {
      [Symbol.dispose]: () => {
        subscription[Symbol.dispose]();
        if (this.#count(publication, -1) === 0) this.#turn(publication, false);
      },
    };
  }

  #count(publication: PublicationId, change: 1 | -1): number {
    const now = (this.#listeners.get(publication) ?? 0) + change;
    if (now === 0) this.#listeners.delete(publication);
    else this.#listeners.set(publication, now);
    return now;
  }
}
