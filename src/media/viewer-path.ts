import type { VideoWish } from '#src/core/media.ts';
import type { OutgoingTrack } from '#src/core/plane.ts';
import type { RtcpVisitor } from '#src/rtp/rtcp/types.ts';
import { ViewerBandwidth, type BandwidthSource } from '#src/sfu/bandwidth/viewer-bandwidth.ts';
import type { Source } from '#src/sfu/source.ts';
import type { ForwardedTrack } from './forwarded-track.ts';
import type { PeerTally } from './peer.ts';
import type { Retransmitter } from './retransmitter.ts';
import type { VideoRung } from './rungs.ts';
import type { ViewerTrack } from './viewer-track.ts';

/** What a viewer's path needs of the publication. */
export interface PathHome {
  readonly retransmitter: Retransmitter;
  track(kind: 'audio' | 'video'): ForwardedTrack;
}

const nothing: readonly VideoRung[] = [];

/** What the network carries to one viewer, as its feedback tells, and the video that follows from it. */
export class ViewerPath {
  readonly bandwidth: ViewerBandwidth<Source>;
  readonly #tally: PeerTally;
  #wish: VideoWish = {};
  /** What everybody is offered, as of when {@link #allowed} was taken from it. */
  #offered: readonly VideoRung[] = nothing;
  #allowed: readonly VideoRung[] = nothing;

  constructor(outgoing: readonly OutgoingTrack[], tally: PeerTally) {
    this.bandwidth = new ViewerBandwidth(expectedSource(outgoing));
    this.#tally = tally;
  }

  /** Reads the feedback that tells about the path; `nowMs` is when the message came. */
  visitor(nowMs: () => number): RtcpVisitor {
    const { bandwidth } = this;
    return {
      transportFeedback: (head) => bandwidth.feedbackBegins(head),
      transportStatus: (sequence, arrivedUs) => bandwidth.status(sequence, arrivedUs),
      transportFeedbackEnd: () => bandwidth.feedbackEnds(nowMs()),
      remb: (bps) => bandwidth.remb(bps, nowMs()),
    };
  }

  /** What the viewer wants from now on: taken at once where its path allows it. */
  wish(wish: VideoWish): void {
    this.#wish = wish;
    this.#offered = nothing;
    this.bandwidth.reconsider();
  }

  /** Stops the picture where none is wanted; true then. */
  rest(video: ViewerTrack, track: ForwardedTrack): boolean {
    if (this.#wish.off !== true) return false;
    video.paused = true;
    if (video.down.wanted !== undefined) track.give(video, undefined);
    return true;
  }

  /** Chooses what suits, and tries whether more would; every few milliseconds. */
  tick(video: ViewerTrack, home: PathHome, nowMs: number): void {
    const { bandwidth } = this;
    const track = home.track('video');
    const audioBps = home.track('audio').bps;
    if (this.rest(video, track)) {
      // What would be tried with the picture is not tried either.
      bandwidth.busy = true;
      bandwidth.tick(nowMs, nothing, audioBps);
      return;
    }
    if (track.rungs.length === 0) {
      if (video.paused && !bandwidth.paused) this.#wake(video, track);
      return;
    }
    if (track.rungs !== this.#offered) {
      this.#offered = track.rungs;
      this.#allowed = track.rungsFor(this.#wish);
    }
    bandwidth.busy = video.catchingUp;
    bandwidth.tick(nowMs, this.#allowed, audioBps);
    video.paused = bandwidth.paused;
    const wanted = bandwidth.paused ? undefined : bandwidth.wanted;
    if (wanted !== video.down.wanted && (wanted !== undefined || bandwidth.paused)) {
      const before = video.down.wanted;
      track.give(video, wanted);
      if (video.down.wanted !== before) this.#tally.rungChanges++;
    }
    const probeBytes = bandwidth.probeBytes(nowMs);
    if (probeBytes > 0) home.retransmitter.probe(video, track, probeBytes, nowMs);
  }

  /** Writes down what operators see; once a second. */
  tell(video: ViewerTrack | undefined, track: ForwardedTrack): void {
    const { bandwidth } = this;
    const tally = this.#tally;
    const shown = video?.down.isLive === true ? video.down.source : undefined;
    tally.estimateBps = Math.round(bandwidth.estimateBps);
    tally.estimateSource = bandwidth.source;
    tally.videoPaused = bandwidth.paused;
    tally.rung = track.rungOf(shown)?.label ?? '';
  }

  /** Video is wanted again, and no rates are known yet. */
  #wake(video: ViewerTrack, track: ForwardedTrack): void {
    video.paused = false;
    track.show(video, track.chosen);
  }
}

/** The best feedback that was negotiated. */
function expectedSource(outgoing: readonly OutgoingTrack[]): BandwidthSource {
  const isNumbered = outgoing.some(
    ({ extensions, feedback }) =>
      extensions['transport-cc'] !== undefined && feedback.includes('transport-cc'),
  );
  if (isNumbered) return 'transport-cc';
  return outgoing.some(({ feedback }) => feedback.includes('remb')) ? 'remb' : 'none';
}
