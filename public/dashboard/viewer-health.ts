import type { RungReport, StreamView, ViewerStatus } from '../shared/api-types.ts';
import { formatBitrate, plural } from '../shared/format.ts';
import type { Finding } from './finding.ts';

/** What a rung, and sound, take beside their own rate. */
const margin = 1.1;

/** What is wrong between the gateway and the viewers of one stream. */
export function viewerFindings(stream: StreamView): readonly Finding[] {
  return [...lossFindings(stream), ...bandwidthFindings(stream)];
}

function lossFindings({ interactivePeers }: StreamView): readonly Finding[] {
  const lossy = interactivePeers.filter((peer) => peer.lossRatio > 0.05);
  if (lossy.length === 0) return [];
  const all = lossy.length === interactivePeers.length && lossy.length > 1;
  return [
    {
      level: all ? 'bad' : 'warn',
      what: `${plural(lossy.length, 'front-row viewer loses', 'front-row viewers lose')} more than 5 % of the packets.`,
      remedy: all
        ? 'All of them do, so the gateway’s own uplink is full: lower the bitrate or send people to the broadcast.'
        : 'A network too slow for this bitrate is better served by the broadcast.',
    },
  ];
}

function bandwidthFindings({ tracks, interactivePeers }: StreamView): readonly Finding[] {
  const findings: Finding[] = [];
  const resting = interactivePeers.filter((peer) => peer.videoPaused);
  if (resting.length > 0) {
    findings.push({
      level: 'bad',
      what: `${plural(resting.length, 'viewer gets', 'viewers get')} the sound alone: not even the smallest picture fits.`,
      remedy:
        'Their networks are too slow for WebRTC; the broadcast buffers more. Video comes back by itself.',
    });
  }
  const rungs = tracks.find(({ kind }) => kind === 'video')?.rungs ?? [];
  const soundBps = tracks.find(({ kind }) => kind === 'audio')?.layers[0]?.bitrateBps ?? 0;
  const [smallest, next] = rungs;
  if (smallest === undefined) return findings;
  const neededBps = margin * ((next ?? smallest).bps + soundBps);
  const held = heldBack(interactivePeers, smallest, neededBps);
  if (held > 0) findings.push(next === undefined ? noChoice(held, neededBps) : smallPicture(held, neededBps));
  return findings;
}

/** Viewers that have the smallest rung because of what their networks carry. */
function heldBack(peers: readonly ViewerStatus[], { label }: RungReport, neededBps: number): number {
  const held = peers.filter(
    ({ rung, videoPaused, estimateBps }) =>
      rung === label && !videoPaused && estimateBps > 0 && estimateBps < neededBps,
  );
  return held.length;
}

function smallPicture(viewers: number, neededBps: number): Finding {
  return {
    level: 'warn',
    what: `${plural(viewers, 'viewer gets', 'viewers get')} the smallest picture: the network carries less than ${formatBitrate(neededBps)}.`,
    remedy:
      'Larger ones come by themselves when it carries more. Many at once: look at the gateway’s own uplink.',
  };
}

function noChoice(viewers: number, neededBps: number): Finding {
  return {
    level: 'warn',
    what: `${plural(viewers, 'viewer has', 'viewers have')} a network that carries less than the ${formatBitrate(neededBps)} of this stream.`,
    remedy:
      'There is no smaller picture to give: publish several (simulcast), lower the bitrate, or use the broadcast.',
  };
}
