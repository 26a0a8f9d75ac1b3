import type { TrackKind } from '#src/core/media.ts';
import { sequenceDistance, timestampDistance } from '#src/rtp/sequence.ts';
import { PictureContinuity } from './layers/picture-continuity.ts';
import { canContinue, sameStream, takesKeyframe } from './layers/switching.ts';
import { outgoingTimestamp, Segments, type Origin } from './segments.ts';
import type { Source, SourcePacket } from './source.ts';

export type { SourcePacket } from './source.ts';

/**
 * How a viewer that begins with packets of the past is brought to the present: what was captured before the edge is squeezed
 * into a short stretch of the viewer's timeline, what comes later stays as it is. A player that gets the past at the same
 * pace sees neither delay nor jitter in it.
 */
export interface Squeeze {
  /** The newest packet that came: what would be shown now. */
  readonly newestTimestamp: number;
  readonly newestArrivedMs: number;
  /** Source timestamp of the instant at which the viewer shall be up to date; not before the newest. */
  readonly edgeTimestamp: number;
  /** Viewer's time by source's time until then: above 0, at most 1. */
  readonly pace: number;
}

/** How far before the very first packet the rest of its frame may come late. */
const lateStart = 32;
/** Timestamp units behind the edge at which it is forgotten: no NACK reaches back so far, and 32 bits would wrap. */
const edgeForgotten = 0x4000_0000;
/** A timestamp that sender reports promise is believed when arrivals agree to within this. */
const maxDisagreementMs = 1000;

/**
 * One track of one viewer. It decides which packets of which source the viewer gets, and gives them numbers on one timeline
 * that no layer switch and no new publisher interrupts.
 *
 * Within a source, outgoing numbers differ from incoming ones by constants: holes stay holes, so the viewer's NACKs ask for
 * what is really missing, and late packets fall into their place. Padding-only packets are forwarded as empty ones: taking
 * them out would need an offset that depends on arrival order, and would leave holes nobody can fill when they come late.
 *
 * Duplicates get the number of the first copy again; the ring in front of the forwarder refuses them.
 */
export class DownTrack {
  /** Extended outgoing sequence number of the packet just forwarded. */
  extendedSequence = 0;
  /** 32-bit outgoing timestamp of the packet just forwarded. */
  timestamp = 0;
  /** What stands in place of the picture's numbers in the packet just forwarded: left-aligned, see core/engine.ts. */
  patch = 0;
  /** Forwarded so far, for sender reports. */
  packets = 0;
  /** Payload bytes forwarded so far, for sender reports. */
  octets = 0;
  readonly #video: boolean;
  readonly #segments = new Segments();
  readonly #pictures = new PictureContinuity();
  #wanted: Source | undefined;
  #squeeze: Squeeze | undefined;
  #live = false;
  #highest: number;
  /** Newest outgoing timestamp, and when its packet arrived. */
  #newestTimestamp = 0;
  #newestArrivedMs = 0;

  /**
   * `seed` chooses the first outgoing sequence number (RFC 3550 section 5.1 wants it unpredictable). It lands between 1024
   * and 32767: below 2^15, so that a receiver that misses the first packets guesses the SRTP rollover counter right.
   */
  constructor(kind: TrackKind, seed: number) {
    this.#video = kind === 'video';
    this.#highest = 0x1_0000 + 1023 + ((seed >>> 0) % 31_744);
  }

  /** 16-bit outgoing sequence number of the packet just forwarded. */
  get sequence(): number {
    return this.extendedSequence & 0xffff;
  }

  /** The source being forwarded, or the last one that was. */
  get source(): Source | undefined {
    return this.#segments.current.source;
  }

  /** What the viewer shall get. */
  get wanted(): Source | undefined {
    return this.#wanted;
  }

  /** The source whose keyframe the viewer waits for; keyframe requests go there. */
  get awaiting(): Source | undefined {
    const wanted = this.#wanted;
    if (!this.#video || wanted === undefined || this.#forwardsWanted()) return undefined;
    const { source } = this.#segments.current;
    return this.#live && source !== undefined && !takesKeyframe(source, wanted) ? undefined : wanted;
  }

  /** It goes on with what it got, whatever it waits for. */
  get isLive(): boolean {
    return this.#live;
  }

  /**
   * Chooses the source: at once for audio, from its next keyframe on for video, or from where a decoder can follow when both
   * are layers of the same stream; until then the old one goes on. Undefined stops the track: started again, it waits for a
   * keyframe even of the same source. Every track is stopped in the end, lest its source counts it as a follower for ever.
   */
  select(source: Source | undefined): void {
    if (source !== undefined) source.followers += 1;
    if (this.#wanted !== undefined) this.#wanted.followers -= 1;
    this.#wanted = source;
    this.#squeeze = undefined;
    if (source === undefined) this.#setLive(false);
  }

  /**
   * The wanted source will begin with a keyframe of the past: {@link forward} gets its stored packets in order, each with the
   * time of now as its arrival, until they are used up. Forgotten when another source is selected.
   */
  beginInPast(squeeze: Squeeze): void {
    this.#squeeze = squeeze;
  }

  /** Whether the viewer gets this packet; if so, {@link sequence} and {@link timestamp} name the viewer's copy. */
  forward(packet: SourcePacket): boolean {
    if (this.#wanted !== undefined && !this.#forwardsWanted() && !this.#passesStart(packet, this.#wanted))
      return false;
    const segment = this.#segments.current;
    if (!this.#live || packet.source !== segment.source) return false;
    if (packet.sequence < segment.firstSource && !this.#belongsToStart(packet)) return false;
    const timestamp = outgoingTimestamp(segment, packet.timestamp);
    if (segment.pace !== 1 && timestampDistance(segment.edgeTimestamp, packet.timestamp) > edgeForgotten) {
      segment.pace = 1;
    }
    this.extendedSequence = packet.sequence + segment.offset;
    this.timestamp = timestamp;
    if (this.extendedSequence > this.#highest) this.#highest = this.extendedSequence;
    if (timestampDistance(this.#newestTimestamp, timestamp) > 0) {
      this.#newestTimestamp = timestamp;
      this.#newestArrivedMs = packet.arrivedMs;
    }
    if (packet.picture !== undefined) this.patch = this.#pictures.note(packet.picture, segment);
    this.packets += 1;
    this.octets += packet.payloadBytes;
    return true;
  }

  /**
   * Which source packet a viewer's 16-bit sequence number stands for, also across switches; undefined for numbers not yet
   * given out or forgotten. The object is reused by the next call.
   */
  sourceSequenceFor(outSequence: number): Readonly<Origin> | undefined {
    const extended = this.#highest + sequenceDistance(this.#highest & 0xffff, outSequence);
    if (extended > this.#highest) return undefined;
    return this.#segments.find(extended, lateStart);
  }

  /** A timestamp of {@link source} on the viewer's timeline, for sender reports. */
  mapTimestamp(timestamp: number): number {
    return (timestamp + this.#segments.current.timestampOffset) >>> 0;
  }

  #forwardsWanted(): boolean {
    return this.#live && this.#segments.current.source === this.#wanted;
  }

  #setLive(live: boolean): void {
    const { source } = this.#segments.current;
    if (live !== this.#live && source !== undefined) source.followers += live ? 1 : -1;
    this.#live = live;
  }

  /**
   * Begins the wanted source when this packet is its start. False when the packet is the old source's copy of the start: the
   * wanted source's own copy of it, which is made of the same packet, goes out instead.
   */
  #passesStart(packet: SourcePacket, wanted: Source): boolean {
    if (packet.source === wanted) {
      if (this.#mayStart(packet)) this.#begin(packet);
      return true;
    }
    // Packets of the past come alone.
    if (!this.#live || !sameStream(packet.source, wanted) || packet.source.atHand !== packet) return true;
    return wanted.atHand === undefined || !this.#mayStart(wanted.atHand);
  }

  #mayStart(packet: SourcePacket): boolean {
    if (!this.#video) return true;
    const { source } = this.#segments.current;
    if (!this.#live || source === undefined || !sameStream(source, packet.source)) return packet.keyframe;
    return canContinue(packet, source);
  }

  /** Packets of the first frame that were overtaken by its later ones: parameter sets, for example. */
  #belongsToStart(packet: SourcePacket): boolean {
    return (
      this.#segments.begun === 1 &&
      this.#segments.current.firstSource - packet.sequence <= lateStart &&
      packet.timestamp === this.#segments.current.firstTimestamp
    );
  }

  /** The source's run begins here: behind everything given out, and later than everything shown. */
  #begin(packet: SourcePacket): void {
    const squeeze = this.#squeeze;
    this.#squeeze = undefined;
    const present =
      squeeze === undefined
        ? packet
        : { ...packet, timestamp: squeeze.newestTimestamp, arrivedMs: squeeze.newestArrivedMs };
    const before = this.#segments.current;
    const isSame = this.#live && before.source !== undefined && sameStream(before.source, packet.source);
    const timestamp = this.#segments.begun === 0 ? present.timestamp : this.#continued(present, isSame);
    // Numbers that the old source keeps for missing packets of the stream stay the viewer's to ask for.
    const spoken = isSame
      ? Math.max(this.#highest, (before.source?.spoken ?? 0) + before.offset)
      : this.#highest;
    const pictures = isSame
      ? { pictureOffset: before.pictureOffset, tl0Offset: before.tl0Offset }
      : undefined;
    this.#setLive(false);
    const segment = this.#segments.begin();
    segment.source = packet.source;
    segment.firstSource = packet.sequence;
    segment.firstOut = spoken + 1;
    segment.offset = segment.firstOut - packet.sequence;
    segment.timestampOffset = timestampDistance(present.timestamp, timestamp);
    segment.edgeTimestamp = squeeze?.edgeTimestamp ?? packet.timestamp;
    segment.pace = squeeze?.pace ?? 1;
    segment.firstTimestamp = packet.timestamp;
    this.#pictures.begin(packet.picture, pictures, segment);
    this.#setLive(true);
    this.#newestTimestamp = outgoingTimestamp(segment, packet.timestamp);
    this.#newestArrivedMs = packet.arrivedMs;
  }

  /**
   * Outgoing timestamp of a new source's first packet. Arrivals say how much time went by since the newest packet; sender
   * reports of the same publisher say it without network jitter. Reports of two publishers are not compared: their clocks
   * need not agree. The result is always later than anything before, or the viewer would merge two frames.
   */
  #continued(packet: SourcePacket, isSame: boolean): number {
    const rate = packet.source.clockRateHz;
    const byArrival = ((packet.arrivedMs - this.#newestArrivedMs) * rate) / 1000;
    const byReports = this.#elapsedByReports(packet);
    const agree =
      byReports !== undefined &&
      (isSame || Math.abs(byReports - byArrival) <= (maxDisagreementMs * rate) / 1000);
    return (this.#newestTimestamp + Math.max(1, Math.round(agree ? byReports : byArrival))) >>> 0;
  }

  /** Timestamp units between the capture of the newest forwarded packet and of this one; undefined when not comparable. */
  #elapsedByReports(packet: SourcePacket): number | undefined {
    const before = this.#segments.current;
    if (before.source === undefined) return undefined;
    const newest = (this.#newestTimestamp - before.timestampOffset) >>> 0;
    if (sameStream(before.source, packet.source)) return timestampDistance(newest, packet.timestamp);
    if (before.source.clock !== packet.source.clock) return undefined;
    const fromMs = before.source.reportedNtpMs(newest);
    const toMs = packet.source.reportedNtpMs(packet.timestamp);
    if (fromMs === undefined || toMs === undefined) return undefined;
    return ((toMs - fromMs) * packet.source.clockRateHz) / 1000;
  }
}
