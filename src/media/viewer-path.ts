import type { OutgoingTrack } from '#src/core/plane.ts';
import type { RtcpVisitor } from '#src/rtp/rtcp/types.ts';
import { ViewerBandwidth, type BandwidthSource } from '#src/sfu/bandwidth/viewer-bandwidth.ts';
import type { Source } from '#src/sfu/source.ts';
import type { ForwardedTrack } from './forwarded-track.ts';
import type { PeerTally } from './peer.ts';
import type { Retransmitter } from './retransmitter.ts';
import type { ViewerTrack } from './viewer-track.ts';

/** What a viewer's path needs of the publication. */
export interface PathHome {
  readonly retransmitter: Retransmitter;
  track(kind: 'audio' | 'video'): ForwardedTrack;
}

/** What the network carries to one viewer, as its feedback tells, and the video that follows from it. */
export class ViewerPath {
  readonly bandwidth: ViewerBandwidth<Source>;
  readonly #tally: PeerTally;

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

  /** Chooses what suits, and tries whether more would; every few milliseconds. */
  tick(video: ViewerTrack, home: PathHome, nowMs: number): void {
    const { bandwidth } = this;
    const track = home.track('video');
    if (track.rungs.length === 0) return;
    bandwidth.busy = video.catchingUp;
    bandwidth.tick(nowMs, track.rungs, home.track('audio').bps);
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
  tell(video: ViewerTrack | undefined, rungs: ForwardedTrack['rungs']): void {
    const { bandwidth } = this;
    const tally = this.#tally;
    const shown = video?.down.isLive === true ? video.down.source : undefined;
    tally.estimateBps = Math.round(bandwidth.estimateBps);
    tally.estimateSource = bandwidth.source;
    tally.videoPaused = bandwidth.paused;
    tally.rung = rungs.find((rung) => rung.key === shown)?.label ?? '';
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
