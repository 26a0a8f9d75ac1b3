import type { PayloadType, TrackKind } from '#src/core/media.ts';
import { noBytes } from '#src/rtp/bytes.ts';
import type { StoredPacket } from '#src/rtp/ring.ts';
import type { SourcePacket } from '#src/sfu/forwarder.ts';
import type { Source } from '#src/sfu/source.ts';

/**
 * One packet of the publisher on its way to everybody: filled again for each packet, read by all, kept by nobody. Whoever
 * needs it later copies.
 */
export interface MediaPacket extends SourcePacket, StoredPacket {
  readonly kind: TrackKind;
  readonly payloadFormat: PayloadType;
}

/** The same, for the one who fills it. */
export type MutableMediaPacket = { -readonly [K in keyof MediaPacket]: MediaPacket[K] };

/** A packet to be filled; made once for each layer. */
export function blankPacket(kind: TrackKind, source: Source, payloadFormat: PayloadType): MutableMediaPacket {
  return {
    kind,
    source,
    payloadFormat,
    sequence: 0,
    timestamp: 0,
    marker: false,
    keyframe: false,
    payloadType: 0,
    payloadBytes: 0,
    arrivedMs: 0,
    extensions: noBytes,
    payload: noBytes,
  };
}
