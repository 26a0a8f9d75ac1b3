import type { PublicationId } from '#src/core/ids.ts';
import type { TapPacket, TrackKind } from '#src/core/media.ts';
import type { MediaPlane } from '#src/core/plane.ts';

/** Hears one stream's packets and clock readings. */
export interface TapListener {
  packets(batch: readonly TapPacket[]): void;
  clock(reading: { readonly kind: TrackKind; readonly timestamp: number; readonly ntpMs: number }): void;
}

/** One stream's packets for an in-process reader: a viewer that never leaves. */
export interface Tap {
  listen(listener: TapListener): Disposable;
  requestKeyframe(): void;
}

/** The media plane's taps. Packets of a publication are copied to this thread only while somebody listens to one of them. */
export function openTaps(plane: MediaPlane): (publication: PublicationId) => Tap {
  const listeners = new Map<PublicationId, number>();
  const count = (publication: PublicationId, change: 1 | -1): number => {
    const now = (listeners.get(publication) ?? 0) + change;
    if (now === 0) listeners.delete(publication);
    else listeners.set(publication, now);
    return now;
  };
  return (publication) => ({
    listen(listener) {
      const subscription = plane.listen((event) => {
        if (event.type === 'tap' && event.publication === publication) listener.packets(event.packets);
        else if (event.type === 'tap-clock' && event.publication === publication) listener.clock(event);
      });
      if (count(publication, 1) === 1) plane.send({ type: 'tap', publication, on: true });
      return {
        [Symbol.dispose]() {
          subscription[Symbol.dispose]();
          if (count(publication, -1) === 0) plane.send({ type: 'tap', publication, on: false });
        },
      };
    },
    requestKeyframe: () => plane.send({ type: 'request-keyframe', publication }),
  });
}
