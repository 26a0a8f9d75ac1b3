import type { EnginePeer, MediaEngine } from '#src/core/engine.ts';
import type { PeerId } from '#src/core/ids.ts';
import type { Layer, TrackKind } from '#src/core/media.ts';
import type { IncomingTrack } from '#src/core/plane.ts';
import { RtpHeader } from '#src/rtp/header.ts';
import { RtcpReader } from '#src/rtp/rtcp/reader.ts';
import type { RtcpVisitor, SenderReport } from '#src/rtp/rtcp/types.ts';
import { unwrapRtx } from '#src/rtp/rtx.ts';
import { KeyframeRequests } from '#src/sfu/keyframe-requests.ts';
import { PublisherClock, type Source } from '#src/sfu/source.ts';
import type { DropReason, Drops } from './drops.ts';
import type { LivePublisher } from './live-publisher.ts';
import { IncomingLayer } from './incoming-layer.ts';
import type { MediaPacket } from './media-packet.ts';
import type { PeerRole, PeerTally, PlanePeer } from './peer.ts';
import { PublisherFeedback } from './publisher-feedback.ts';
import { SourceTable, type PayloadMeaning, type SourceBinding } from './source-table.ts';

/** What a publisher needs of its publication. */
export interface PublisherHome {
  readonly engine: MediaEngine;
  readonly drops: Drops;
  readonly maxPublisherBps: number;
  /** The publisher can send now: it takes the publication over. */
  ready(publisher: LivePublisher): void;
  /** A layer's first packet comes next. */
  appeared(layer: IncomingLayer): void;
  forward(packet: MediaPacket): void;
  reported(layer: IncomingLayer, report: Readonly<SenderReport>): void;
  left(publisher: LivePublisher): void;
  /** Wall clock of the instant `nowMs`. */
  wallMs(nowMs: number): number;
}

/** Filled again for every packet of every publisher. */
const header = new RtpHeader();
const reader = new RtcpReader();

/** A peer that publishes: its packets become layers, and it hears what we miss. */
export class Publisher implements PeerRole, LivePublisher {
  readonly kind = 'publisher';
  readonly peer: PeerId;
  readonly tracks: readonly IncomingTrack[];
  readonly layers: IncomingLayer[] = [];
  readonly #home: PublisherHome;
  readonly #table: SourceTable;
  readonly #clock = new PublisherClock();
  readonly #keyframes: ReadonlyMap<TrackKind, KeyframeRequests>;
  readonly #tally: PeerTally;
  readonly #visitor: RtcpVisitor = {
    senderReport: (report) => this.#reported(report),
    delayReport: (report) => this.#feedback?.answered(report, this.#nowMs),
  };
  #feedback: PublisherFeedback | undefined;
  #closed = false;
  #nowMs = 0;

  constructor(home: PublisherHome, peer: PlanePeer, tracks: readonly IncomingTrack[]) {
    this.#home = home;
    this.peer = peer.id;
    this.#tally = peer.tally;
    this.tracks = tracks;
    this.#table = new SourceTable(tracks);
    this.#keyframes = new Map(
      tracks.map((track) => [track.kind, new KeyframeRequests(Math.max(1, track.rids.length))]),
    );
  }

  secured(engine: EnginePeer): void {
    if (this.#closed) return;
    const options = { tracks: this.tracks, maxBps: this.#home.maxPublisherBps, tally: this.#tally };
    this.#feedback = new PublisherFeedback(this.#home.engine, engine, options);
    this.#home.ready(this);
  }

  rtp(packet: Uint8Array, arrivedMs: number): void {
    const dropped = this.#take(packet, arrivedMs);
    if (dropped !== undefined) this.#home.drops.note(dropped);
  }

  rtcp(packet: Uint8Array, arrivedMs: number): void {
    this.#nowMs = arrivedMs;
    // A BYE is not acted on: the transport's end tells, and a publisher that comes back keeps its viewers.
    if (reader.read(packet, this.#visitor) !== undefined) this.#home.drops.note('rtcp-malformed');
  }

  /** A keyframe of this layer is wanted; merged with other wishes. */
  wantKeyframe(layer: IncomingLayer): void {
    if (layer.track.kind === 'video') this.#keyframes.get('video')?.request(layer.layer);
  }

  /** Nobody gets this layer any more: an unanswered request for it is not repeated. */
  forgetKeyframe(layer: IncomingLayer): void {
    this.#keyframes.get(layer.track.kind)?.cancel(layer.layer);
  }

  /** Whether asking for a keyframe helps, and how long the answer takes. */
  get keyframeHearing(): Readonly<Pick<KeyframeRequests, 'hearing' | 'answerMs'>> | undefined {
    return this.#keyframes.get('video');
  }

  /** Sends what is due now. */
  tick(nowMs: number): void {
    const feedback = this.#feedback;
    if (feedback === undefined) return;
    feedback.tick(this.layers, nowMs);
    const due = this.#keyframes.get('video')?.due(nowMs) ?? [];
    if (due.length > 0) feedback.requestKeyframes(this.layers.filter((layer) => isOneOf(layer, due)));
  }

  /** Another publisher took over: from here on its packets are dropped. */
  putAside(): void {
    this.#feedback = undefined;
    for (const layer of this.layers) layer.release();
  }

  /** The layer that a source stands for. */
  layerOf(source: Source): IncomingLayer | undefined {
    for (const layer of this.layers) if (layer.source === source.stream) return layer;
    return undefined;
  }

  close(): void {
    this.#closed = true;
    this.putAside();
    this.#home.left(this);
  }

  /** One packet all the way to the viewers, or why not. */
  #take(packet: Uint8Array, arrivedMs: number): DropReason | undefined {
    if (this.#feedback === undefined) return 'not-publishing';
    if (!header.parse(packet)) return 'malformed';
    const binding = this.#table.find(packet, header);
    if (binding === undefined || binding.retired) return 'unknown-source';
    const meaning = this.#table.meaning(binding.track, header.payloadType);
    if (meaning === undefined) return 'unknown-payload-type';
    this.#feedback.arrived(packet, header, binding.track, arrivedMs);
    const { isRtx: isRepair, payload: format } = meaning;
    const layer = isRepair ? this.#unwrapped(packet, binding, meaning) : this.#layerFor(binding, meaning);
    if (layer === undefined) return 'rtx-unusable';
    const accepted = layer.accept({
      sequence: layer.unwrap(header.sequence),
      timestamp: header.timestamp,
      marker: header.marker,
      format,
      extensions: header.extensionBlock(packet),
      payload: header.payload(packet),
      packetBytes: packet.length,
      arrivedMs,
      isRepair,
    });
    if (accepted === undefined) return 'duplicate';
    if (layer.packets === 1) this.#home.appeared(layer);
    if (accepted.keyframe) this.#keyframes.get(layer.track.kind)?.arrived(layer.layer, arrivedMs);
    this.#home.forward(accepted);
    return undefined;
  }

  #layerFor(binding: SourceBinding, meaning: PayloadMeaning): IncomingLayer {
    for (const layer of this.layers) if (layer.ssrc === binding.ssrc) return layer;
    const { track, layer: index, ssrc } = binding;
    for (const other of this.layers) if (other.track === track && other.layer === index) other.retire();
    const layer = new IncomingLayer({
      track,
      layer: index,
      ssrc,
      format: meaning.payload,
      clock: this.#clock,
    });
    this.layers.push(layer);
    return layer;
  }

  /** The layer that a retransmission repairs; the header then speaks of the original packet. */
  #unwrapped(packet: Uint8Array, binding: SourceBinding, meaning: PayloadMeaning): IncomingLayer | undefined {
    const layer = this.layers.find(
      (candidate) =>
        candidate.track === binding.track && candidate.layer === binding.layer && !candidate.retired,
    );
    if (layer === undefined) return undefined;
    const { payloadType } = meaning.payload;
    return unwrapRtx(packet, header, { ssrc: layer.ssrc, payloadType }) ? layer : undefined;
  }

  #reported(report: Readonly<SenderReport>): void {
    const layer = this.layers.find((candidate) => candidate.ssrc === report.ssrc);
    if (layer === undefined) return;
    const { ntpHigh, ntpLow, rtpTimestamp } = report;
    layer.stats.noteSenderReport(ntpHigh, ntpLow, this.#nowMs);
    layer.source.noteReport({ ntpHigh, ntpLow, rtpTimestamp, arrivedWallMs: this.#home.wallMs(this.#nowMs) });
    this.#home.reported(layer, report);
  }
}

/** Whether it is the video layer that stands for one of these indices now. */
function isOneOf({ track, layer, retired }: IncomingLayer, indices: readonly Layer[]): boolean {
  return track.kind === 'video' && !retired && indices.includes(layer);
}
