import type { EnginePeer, MediaEngine } from '#src/core/engine.ts';
import type { TrackKind, VideoWish } from '#src/core/media.ts';
import type { OutgoingTrack } from '#src/core/plane.ts';
import { RtcpReader } from '#src/rtp/rtcp/reader.ts';
import type { ReportBlock, RtcpVisitor } from '#src/rtp/rtcp/types.ts';
import { RtcpWriter } from '#src/rtp/rtcp/writer.ts';
import type { Hearing } from '#src/sfu/keyframe-requests.ts';
import type { Source } from '#src/sfu/source.ts';
import type { Drops } from './drops.ts';
import type { ForwardedTrack } from './forwarded-track.ts';
import type { PeerRole, PeerTally } from './peer.ts';
import type { Retransmitter } from './retransmitter.ts';
import { ViewerPath } from './viewer-path.ts';
import { ViewerTrack } from './viewer-track.ts';

/** What a viewer needs of the publication it watches. */
export interface ViewerHome {
  readonly engine: MediaEngine;
  readonly drops: Drops;
  readonly retransmitter: Retransmitter;
  /** Whether asking for a keyframe helps. */
  readonly keyframeHearing: Hearing;
  track(kind: TrackKind): ForwardedTrack;
  /** This viewer cannot go on without a keyframe. */
  keyframeWanted(kind: TrackKind, source?: Source): void;
  left(viewer: Viewer): void;
}

/**
 * How often sender reports come, beginning with the first packet: as often as browsers send them. Audio more often would
 * start a player's lip sync while its audio buffer is still large from the start, and video would be held back to match.
 */
const reportIntervalMs: Readonly<Record<TrackKind, number>> = { video: 1_000, audio: 5_000 };

/**
 * How long the publisher's own first report is waited for. One made up from arrivals counts the publisher's sending delay as
 * capture time, and players average over many reports: their lip sync would be off for a minute.
 */
const reportPatienceMs = 6_000;

/** One reader for all viewers: reading never nests. */
const reader = new RtcpReader();

/** A peer that watches: its tracks, its feedback, and the sender reports it gets. */
export class Viewer implements PeerRole {
  readonly kind = 'viewer';
  readonly #home: ViewerHome;
  readonly #outgoing: readonly OutgoingTrack[];
  readonly #tally: PeerTally;
  readonly #visitor: RtcpVisitor;
  readonly #path: ViewerPath;
  #tracks: readonly ViewerTrack[] = [];
  #video: ViewerTrack | undefined;
  #writer: RtcpWriter | undefined;
  #closed = false;
  #nowMs = 0;

  constructor(home: ViewerHome, outgoing: readonly OutgoingTrack[], tally: PeerTally) {
    this.#home = home;
    this.#outgoing = outgoing;
    this.#tally = tally;
    this.#path = new ViewerPath(outgoing, tally);
    this.#visitor = {
      ...this.#path.visitor(() => this.#nowMs),
      nack: (ssrc, sequence) => this.#nack(ssrc, sequence),
      pli: (ssrc) => this.#keyframe(ssrc),
      fir: (ssrc) => this.#keyframe(ssrc),
      reportBlock: (block) => this.#reported(block),
    };
  }

  /** Its numbers. */
  get tally(): Readonly<PeerTally> {
    return this.#tally;
  }

  secured(engine: EnginePeer): void {
    const [first] = this.#outgoing;
    if (this.#closed || first === undefined) return;
    this.#writer = new RtcpWriter(first.ssrc, first.cname);
    const shared = { tally: this.#tally, bandwidth: this.#path.bandwidth };
    this.#tracks = this.#outgoing.map((outgoing) => new ViewerTrack(outgoing, engine, shared));
    this.#video = this.#tracks.find((track) => track.outgoing.kind === 'video');
    if (this.#video !== undefined) this.#path.rest(this.#video, this.#home.track('video'));
    for (const track of this.#tracks) this.#home.track(track.outgoing.kind).add(track);
  }

  rtp(): void {
    this.#home.drops.note('not-publishing');
  }

  rtcp(packet: Uint8Array, arrivedMs: number): void {
    this.#nowMs = arrivedMs;
    if (reader.read(packet, this.#visitor) !== undefined) this.#home.drops.note('rtcp-malformed');
  }

  /** Sends what is due: one compound for all tracks that have something to tell. */
  tick(nowMs: number, wallMs: number): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    if (this.#video !== undefined) this.#path.tick(this.#video, this.#home, nowMs);
    let engine: EnginePeer | undefined;
    for (const track of this.#tracks) {
      const { source } = track.down;
      if (source !== track.followedSource) {
        track.followedSource = source;
        track.followedSinceMs = nowMs;
        track.mendFrom(undefined);
      }
      if (source?.reported !== true && nowMs - track.followedSinceMs < reportPatienceMs) continue;
      if (nowMs < track.nextReportMs && source === track.reportedSource) continue;
      const senderReport = track.reports.next(track.down, nowMs, wallMs);
      if (senderReport === undefined) continue;
      track.reportedSource = source;
      track.nextReportMs = nowMs + reportIntervalMs[track.outgoing.kind];
      if (engine === undefined) writer.begin({ senderReport });
      else writer.senderReport(senderReport);
      engine = track.engine;
    }
    if (engine !== undefined) this.#home.engine.sendRtcp(engine, writer.end());
  }

  wish(video: VideoWish): void {
    this.#path.wish(video);
    if (this.#video !== undefined) this.#path.rest(this.#video, this.#home.track('video'));
  }

  /** Brings the numbers up to date that operators see. */
  everySecond(): void {
    this.#path.tell(this.#video, this.#home.track('video'));
  }

  close(): void {
    this.#closed = true;
    for (const track of this.#tracks) this.#home.track(track.outgoing.kind).remove(track);
    this.#tracks = [];
    this.#video = undefined;
    this.#writer = undefined;
    this.#home.left(this);
  }

  #find(ssrc: number): ViewerTrack | undefined {
    for (const track of this.#tracks) if (track.outgoing.ssrc === ssrc) return track;
    return undefined;
  }

  #nack(ssrc: number, sequence: number): void {
    const track = this.#find(ssrc);
    if (track === undefined) return;
    this.#tally.nacksReceived++;
    const forwarded = this.#home.track(track.outgoing.kind);
    if (track.catchingUp) forwarded.noteLoss(track, this.#nowMs);
    if (track.waitsInVain(sequence) && this.#home.keyframeHearing !== 'deaf') {
      if (track.mendFrom(track.down.source))
        this.#home.keyframeWanted(track.outgoing.kind, track.down.source);
      // Repeated, it would take what the keyframe needs.
      if (this.#home.keyframeHearing === 'answers') return;
    }
    this.#home.retransmitter.resend(track, forwarded, sequence, this.#nowMs);
  }

  #keyframe(ssrc: number): void {
    const track = this.#find(ssrc);
    if (track === undefined) return;
    this.#tally.keyframeRequestsReceived++;
    // It has one coming, with all that followed; or it gets nothing now.
    const { kind } = track.outgoing;
    if (track.down.wanted === undefined || this.#home.track(kind).cares(track)) return;
    if (!track.keyframeFloor.allow(this.#nowMs, this.#tally.rttMs)) return;
    this.#home.keyframeWanted(kind, track.down.awaiting ?? track.down.source);
    this.#home.track(kind).lostPicture(track);
  }

  #reported(block: Readonly<ReportBlock>): void {
    const track = this.#find(block.ssrc);
    if (track === undefined) return;
    // Video tells more: it has ten times the packets of audio.
    if (track.outgoing.kind === 'video' || this.#tracks.length === 1) {
      this.#tally.lossRatio = block.fractionLost / 256;
      this.#path.bandwidth.receiverReport(this.#tally.lossRatio, this.#nowMs);
    }
    const { lastSenderReport, delaySinceLastSenderReport } = block;
    const rttMs = track.reports.rttMs(lastSenderReport, delaySinceLastSenderReport, this.#nowMs);
    if (rttMs === undefined) return;
    this.#tally.rttMs = rttMs;
    this.#path.bandwidth.rtt(rttMs);
  }
}
