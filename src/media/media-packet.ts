import type { PayloadType, SoundIndex, TrackKind } from '#src/core/media.ts';
import type { IncomingTrack } from '#src/core/plane.ts';
import { noBytes } from '#src/rtp/bytes.ts';
import type { StoredPacket } from '#src/rtp/ring.ts';
import type { SourcePacket } from '#src/sfu/forwarder.ts';
import type { PictureNumbers, SwitchPoint } from '#src/sfu/layers/packet-layers.ts';
import type { Source } from '#src/sfu/source.ts';

/**
 * One packet of the publisher on its way to everybody: filled again for each packet, read by all, kept by nobody. Whoever
 * needs it later copies.
 */
export interface MediaPacket extends SourcePacket, StoredPacket {
  readonly kind: TrackKind;
  /** Which audio track it is of; those beside the first are for LL-HLS alone. 0 for video. */
  readonly sound: SoundIndex;
  readonly payloadFormat: PayloadType;
  readonly switching: SwitchPoint | undefined;
  readonly picture: PictureNumbers | undefined;
  /** Where in the payload {@link picture} stands, which is each viewer's own; `patchBytes` is 0 when there is nothing. */
  readonly patchAt: number;
  readonly patchBytes: number;
  /** The same packet for those who get some layers of the stream alone: the first `copyCount` of them. */
  readonly copies: readonly MediaPacket[];
  readonly copyCount: number;
}

/** The same, for the one who fills it. */
export type MutableMediaPacket = { -readonly [K in keyof MediaPacket]: MediaPacket[K] };

/** A packet to be filled; made once for each layer. */
export function blankPacket(
  { kind, sound = 0 }: Pick<IncomingTrack, 'kind' | 'sound'>,
  source: Source,
  payloadFormat: PayloadType,
): MutableMediaPacket {
  return {
    kind,
    sound,
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
    switching: undefined,
    picture: undefined,
    patchAt: 0,
    patchBytes: 0,
    copies: [],
    copyCount: 0,
  };
}
