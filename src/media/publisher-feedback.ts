import type { EnginePeer, MediaEngine } from '#src/core/engine.ts';
import type { IncomingTrack } from '#src/core/plane.ts';
import { randomText, randomUint32 } from '#src/core/random.ts';
import { ExtensionReader } from '#src/rtp/extensions.ts';
import type { RtpHeader } from '#src/rtp/header.ts';
import { TransportArrivals } from '#src/rtp/rtcp/transport-arrivals.ts';
import { ntpHigh, ntpLow, ntpMiddle } from '#src/rtp/ntp.ts';
import type { DelayReport, ReportBlock } from '#src/rtp/rtcp/types.ts';
import { RtcpWriter } from '#src/rtp/rtcp/writer.ts';
import { RoundTrips } from '#src/sfu/round-trips.ts';
import type { IncomingLayer } from './incoming-layer.ts';
import type { PeerTally } from './peer.ts';

const transportIntervalMs = 100;
const reportIntervalMs = 1_000;
/** Until a round trip is known, and for encoders that never tell. A wrong guess costs one superfluous request. */
const assumedRttMs = 100;
/** More messages than this would mean a second's worth of arrivals in one interval. */
const maxFeedbackMessages = 8;

/**
 * What we tell one publisher: requests for lost packets and keyframes, receiver reports, and what bandwidth it may use.
 *
 * All of core's `Feedback` may be negotiated with a publisher: nack, pli, fir (used when pli was not negotiated), transport-cc
 * (arrivals of all tracks, ten times a second), and remb where transport-cc was not: our fixed limit, which lets a browser
 * reach its full rate at once. The round trip is measured with extended reports, because we send it no sender reports that
 * it could answer: browsers answer, others pass them over. From viewers, nack, pli and fir are acted on; their remb and transport-cc are read over.
 */
export class PublisherFeedback {
  readonly #engine: MediaEngine;
  readonly #peer: EnginePeer;
  readonly #maxBps: number;
  readonly #ssrc = randomUint32();
  readonly #writer = new RtcpWriter(this.#ssrc, randomText(16));
  readonly #roundTrips = new RoundTrips();
  readonly #tally: Pick<PeerTally, 'rttMs'>;
  readonly #arrivals: TransportArrivals | undefined;
  readonly #reader = new ExtensionReader();
  readonly #blocks: ReportBlock[] = [];
  #firSequence = 0;
  #mediaSsrc = 0;
  #nextTransportMs = 0;
  #nextReportMs = 0;

  constructor(
    engine: MediaEngine,
    peer: EnginePeer,
    options: {
      readonly tracks: readonly IncomingTrack[];
      readonly maxBps: number;
      readonly tally: Pick<PeerTally, 'rttMs'>;
    },
  ) {
    this.#engine = engine;
    this.#peer = peer;
    this.#maxBps = options.maxBps;
    this.#tally = options.tally;
    if (options.tracks.some(usesTransportCc)) this.#arrivals = new TransportArrivals();
  }

  /** Notes a packet for transport-wide congestion control, retransmissions included. */
  arrived(packet: Uint8Array, header: RtpHeader, track: IncomingTrack, arrivedMs: number): void {
    const id = track.extensions['transport-cc'];
    if (this.#arrivals === undefined || id === undefined || !this.#reader.find(packet, header, id)) return;
    const { offset, bytes } = this.#reader;
    if (bytes < 2) return;
    this.#mediaSsrc = header.ssrc;
    this.#arrivals.record(((packet[offset] ?? 0) << 8) | (packet[offset + 1] ?? 0), arrivedMs);
  }

  /** The publisher answered one of our reference times; answers to others in its session are not ours. */
  answered(report: Readonly<DelayReport>, nowMs: number): void {
    if (report.ssrc !== this.#ssrc) return;
    const { lastReceiverReport, delaySinceLastReceiverReport } = report;
    const rttMs = this.#roundTrips.rttMs(lastReceiverReport, delaySinceLastReceiverReport, nowMs);
    if (rttMs !== undefined) this.#tally.rttMs = rttMs;
  }

  /** Sends what is due now: every few milliseconds. */
  tick(layers: readonly IncomingLayer[], nowMs: number): void {
    for (const layer of layers) this.#nack(layer, nowMs);
    this.#transport(nowMs);
    if (layers.length > 0 && nowMs >= this.#nextReportMs) {
      this.#nextReportMs = nowMs + reportIntervalMs;
      this.#report(layers, nowMs);
    }
  }

  /** Asks for keyframes of these layers at once, in the way that was negotiated; PLI where both were. */
  requestKeyframes(layers: readonly IncomingLayer[]): void {
    if (layers.length === 0) return;
    this.#writer.begin();
    for (const layer of layers) {
      const { feedback } = layer.track;
      if (feedback.includes('fir') && !feedback.includes('pli')) {
        this.#firSequence = (this.#firSequence + 1) & 0xff;
        this.#writer.fir(layer.ssrc, this.#firSequence);
      } else this.#writer.pli(layer.ssrc);
      layer.noteKeyframeRequest();
    }
    this.#send();
  }

  #nack(layer: IncomingLayer, nowMs: number): void {
    if (layer.retired || !layer.track.feedback.includes('nack')) return;
    const sequences = layer.nack.due(nowMs, this.#tally.rttMs > 0 ? this.#tally.rttMs : assumedRttMs);
    if (sequences.length === 0) return;
    this.#writer.begin();
    this.#writer.nack(layer.ssrc, sequences);
    this.#send();
  }

  #transport(nowMs: number): void {
    const arrivals = this.#arrivals;
    if (arrivals === undefined || nowMs < this.#nextTransportMs) return;
    this.#nextTransportMs = nowMs + transportIntervalMs;
    for (let i = 0; i < maxFeedbackMessages && arrivals.pending; i++) {
      this.#writer.begin();
      if (!this.#writer.transportFeedback(this.#mediaSsrc, arrivals)) return;
      this.#send();
    }
  }

  /** The first goes out with the first packet: a browser believes a REMB at once only in its first two seconds. */
  #report(layers: readonly IncomingLayer[], nowMs: number): void {
    this.#blocks.length = 0;
    const ssrcs: number[] = [];
    for (const layer of layers) {
      const block = layer.retired ? undefined : layer.stats.report(nowMs);
      if (block === undefined) continue;
      this.#blocks.push(block);
      if (layer.track.feedback.includes('remb')) ssrcs.push(layer.ssrc);
    }
    this.#writer.begin({ blocks: this.#blocks });
    if (this.#arrivals === undefined && ssrcs.length > 0) this.#writer.remb(this.#maxBps, ssrcs);
    const [high, low] = [ntpHigh(nowMs), ntpLow(nowMs)];
    if (this.#writer.receiverReferenceTime(high, low)) this.#roundTrips.note(ntpMiddle(high, low), nowMs);
    this.#send();
  }

  #send(): void {
    this.#engine.sendRtcp(this.#peer, this.#writer.end());
  }
}

function usesTransportCc(track: IncomingTrack): boolean {
  return track.feedback.includes('transport-cc') && track.extensions['transport-cc'] !== undefined;
}
