import type { EnginePeer, RewriteTable } from '#src/core/engine.ts';
import type { Codec, PayloadType } from '#src/core/media.ts';
import type { OutgoingTrack } from '#src/core/plane.ts';
import { randomUint32 } from '#src/core/random.ts';
import type { ViewerBandwidth } from '#src/sfu/bandwidth/viewer-bandwidth.ts';
import { DownTrack } from '#src/sfu/forwarder.ts';
import { KeyframeFloor } from '#src/sfu/keyframe-requests.ts';
import { sameStream } from '#src/sfu/layers/switching.ts';
import { SenderReports } from '#src/sfu/sender-reports.ts';
import type { Source } from '#src/sfu/source.ts';
import type { MediaPacket } from './media-packet.ts';
import type { PeerTally } from './peer.ts';
import { RepeatGuard } from './repeat-guard.ts';

/** Header, extensions and SRTP tag: about what a packet weighs beside its payload. */
const overheadBytes = 36;

/** One track as one viewer gets it: where the forwarder's decision becomes a header. */
export class ViewerTrack {
  readonly outgoing: OutgoingTrack;
  readonly engine: EnginePeer;
  readonly tally: PeerTally;
  readonly down: DownTrack;
  readonly reports: SenderReports;
  readonly keyframeFloor = new KeyframeFloor();
  readonly repeats = new RepeatGuard();
  /** What is known of its path. */
  readonly #path: ViewerBandwidth<Source> | undefined;
  /** Transport-wide feedback was negotiated: its packets are numbered. */
  readonly #isNumbered: boolean;
  /** Video rests: not even the smallest rung fits. */
  paused = false;
  /** It gets the past now; live packets come to it from the ring, behind that. */
  catchingUp = false;
  /** When its next sender report is due, unless the source changes before: then its old report misleads. */
  nextReportMs = 0;
  reportedSource: Source | undefined;
  /** The source that reports are to be about, and since when. */
  followedSource: Source | undefined;
  followedSinceMs = 0;
  #mendedFrom: Source | undefined;
  readonly #byCodec = new Map<Codec, PayloadType>();
  #codec: Codec | undefined;
  #payload: PayloadType | undefined;
  /** Below 2^15, so that the receiver guesses the SRTP rollover counter right (RFC 3711 section 3.3.1). */
  #rtxSequence = randomUint32() & 0x7fff;

  constructor(
    outgoing: OutgoingTrack,
    engine: EnginePeer,
    shared: { readonly tally: PeerTally; readonly bandwidth: ViewerBandwidth<Source> | undefined },
  ) {
    this.outgoing = outgoing;
    this.engine = engine;
    this.tally = shared.tally;
    this.#path = shared.bandwidth;
    this.#isNumbered = outgoing.extensions['transport-cc'] !== undefined;
    this.down = new DownTrack(outgoing.kind, randomUint32());
    this.reports = new SenderReports(outgoing.ssrc);
    for (const payload of outgoing.payloads) {
      if (!this.#byCodec.has(payload.codec)) this.#byCodec.set(payload.codec, payload);
    }
  }

  /** The viewer's own name for a codec; undefined when it cannot play it. */
  payloadFor(codec: Codec): PayloadType | undefined {
    if (codec !== this.#codec) {
      this.#codec = codec;
      this.#payload = this.#byCodec.get(codec);
    }
    return this.#payload;
  }

  /**
   * A packet is missing that only larger pictures have, which this viewer does not get any more: a decoder can wait for the
   * picture that it belongs to until it is repeated, or until a keyframe comes.
   */
  waitsInVain(sequence: number): boolean {
    const { down } = this;
    const { source } = down;
    if (!down.isLive || source === undefined) return false;
    const lost = down.sourceSequenceFor(sequence)?.source;
    return lost !== undefined && sameStream(lost, source) && lost.spatial > source.spatial;
  }

  /** Notes for which layers a keyframe was asked that ends such a wait; false when it had been already. */
  mendFrom(source: Source | undefined): boolean {
    if (this.#mendedFrom === source) return false;
    this.#mendedFrom = source;
    return true;
  }

  /** Adds how this viewer's copy is called, unless it does not get the packet. */
  take(packet: MediaPacket, rewrites: RewriteTable): void {
    const { down } = this;
    const payload = this.payloadFor(packet.payloadFormat.codec);
    if (payload === undefined || !down.forward(packet)) return;
    const { ssrc } = this.outgoing;
    const bytes = packet.payloadBytes + overheadBytes;
    rewrites.add(this.engine, ssrc, (payload.payloadType << 16) | down.sequence, down.timestamp);
    const number = this.#numberOf(bytes, packet.arrivedMs);
    if (number >= 0) rewrites.setTransport(number);
    if (packet.patchBytes > 0) rewrites.setPatch(down.patch);
    this.tally.packetsSent++;
    this.tally.bytesSent += bytes;
  }

  /** Notes a packet that is sent beside the forwarded ones, and returns its transport-wide number. */
  sentBeside(bytes: number, nowMs: number): number {
    this.tally.packetsSent++;
    this.tally.bytesSent += bytes;
    return Math.max(0, this.#numberOf(bytes, nowMs));
  }

  /** What its path is believed to carry; 0 while nobody told. */
  get pathBps(): number {
    return this.#path?.estimateBps ?? 0;
  }

  /** How fast it may be fed the past: what the path is known to carry, without bound while no feedback came. */
  get feedBps(): number {
    return (this.#path?.ackedBps ?? 0) === 0 ? Number.POSITIVE_INFINITY : this.pathBps;
  }

  /** From sending a packet to hearing of it, queues on the way included; 0 while unknown. */
  get responseMs(): number {
    return this.#path?.responseMs ?? 0;
  }

  /** Sequence number of the next packet on the retransmission stream. */
  nextRtxSequence(): number {
    this.#rtxSequence = (this.#rtxSequence + 1) & 0xffff;
    return this.#rtxSequence;
  }

  /** Notes a packet that is sent, and gives its transport-wide number; -1 where there are none. */
  #numberOf(bytes: number, nowMs: number): number {
    const path = this.#path;
    if (path === undefined) return -1;
    if (this.#isNumbered) return path.sent(bytes, nowMs);
    path.sentUnnumbered(bytes, nowMs);
    return -1;
  }
}
