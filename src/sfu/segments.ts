import { timestampDistance } from '#src/rtp/sequence.ts';
import type { PictureOffsets } from './layers/picture-continuity.ts';
import type { Source } from './source.ts';

/** How a source's timestamps become a viewer's; {@link outgoingTimestamp} does it. */
export interface TimestampMap {
  /** Add it to the source's timestamp (modulo 2^32) for the viewer's. */
  timestampOffset: number;
  /** Source timestamp before which distances from it shrink to {@link pace} of what they were. */
  edgeTimestamp: number;
  /** 1 where nothing is squeezed. */
  pace: number;
}

/** Where a packet of a viewer's stream came from. */
export interface Origin extends TimestampMap, PictureOffsets {
  source: Source;
  /** Extended sequence number at the source: the key into its ring. */
  sequence: number;
}

/** A run of outgoing numbers that maps onto one source with constant offsets. */
export interface Segment extends TimestampMap, PictureOffsets {
  source: Source | undefined;
  firstSource: number;
  firstOut: number;
  /** Outgoing minus source sequence. */
  offset: number;
  /** Source timestamp of the first packet. */
  firstTimestamp: number;
}

/** Segments remembered for NACK; older ones are far outside any ring by the time that many switches happened. */
const historyLength = 8;

/** The last runs of one track. */
export class Segments {
  /** Begun so far. */
  begun = 0;
  /** The one begun last; one without a source before the first. */
  current: Segment = emptySegment();
  readonly #ring: readonly Segment[] = Array.from({ length: historyLength }, emptySegment);
  #origin: Origin | undefined;

  /** The next one, in place of the oldest: to be filled. */
  begin(): Segment {
    const segment = this.#ring[this.begun % historyLength] ?? emptySegment();
    this.begun += 1;
    this.current = segment;
    return segment;
  }

  /**
   * Where an extended outgoing number came from; undefined when that is forgotten. The first run may have begun with up to
   * `lateStart` packets that came late. The object is reused by the next call.
   */
  find(extended: number, lateStart: number): Readonly<Origin> | undefined {
    const oldest = Math.max(0, this.begun - historyLength);
    for (let index = this.begun - 1; index >= oldest; index -= 1) {
      const segment = this.#ring[index % historyLength];
      if (segment?.source === undefined) return undefined;
      if (extended < segment.firstOut - (index === 0 ? lateStart : 0)) continue;
      return this.#found(segment.source, extended - segment.offset, segment);
    }
    return undefined;
  }

  #found(source: Source, sequence: number, segment: Segment): Origin {
    const origin = (this.#origin ??= { ...emptySegment(), source, sequence });
    origin.source = source;
    origin.sequence = sequence;
    origin.timestampOffset = segment.timestampOffset;
    origin.edgeTimestamp = segment.edgeTimestamp;
    origin.pace = segment.pace;
    origin.pictureOffset = segment.pictureOffset;
    origin.tl0Offset = segment.tl0Offset;
    return origin;
  }
}

function emptySegment(): Segment {
  const map: TimestampMap & PictureOffsets = {
    timestampOffset: 0,
    edgeTimestamp: 0,
    pace: 1,
    pictureOffset: 0,
    tl0Offset: 0,
  };
  return { source: undefined, firstSource: 0, firstOut: 0, offset: 0, ...map, firstTimestamp: 0 };
}

/** A source's timestamp on the viewer's timeline: the same for every copy of a packet, whenever it is sent. */
export function outgoingTimestamp(map: Readonly<TimestampMap>, timestamp: number): number {
  const shifted = timestamp + map.timestampOffset;
  if (map.pace === 1) return shifted >>> 0;
  const beforeEdge = timestampDistance(timestamp, map.edgeTimestamp);
  return (beforeEdge <= 0 ? shifted : shifted + beforeEdge - Math.round(beforeEdge * map.pace)) >>> 0;
}
