import type { SourcePacket } from '#src/sfu/forwarder.ts';
import { PublisherClock, Source } from '#src/sfu/source.ts';

/** A video source of one publisher; pass the clock to make two layers of the same publisher. */
export function videoSource(layer = 0, clock = new PublisherClock()): Source {
  return new Source({ layer, clockRateHz: 90_000, clock });
}

/** An audio source. */
export function audioSource(clock = new PublisherClock()): Source {
  return new Source({ layer: 0, clockRateHz: 48_000, clock });
}

/** A packet of a source; what a test does not say is unremarkable. */
export function packetOf(source: Source, more: Partial<Omit<SourcePacket, 'source'>>): SourcePacket {
  return {
    source,
    sequence: 70_000,
    timestamp: 0,
    keyframe: false,
    payloadBytes: 1000,
    arrivedMs: 0,
    ...more,
  };
}
