import type { RungReport, StreamView, ViewerStatus } from '../shared/api-types.ts';
import {
  formatBitrate,
  formatBytes,
  formatCount,
  formatDuration,
  formatLatency,
  formatRatio,
} from '../shared/format.ts';
import { rungName, sizeText } from './ladder.ts';
import { programName } from './program-name.ts';
import type { Cell, Row } from './row.ts';

/** More rows than this help nobody; the count above the table is complete. */
const mostRows = 50;

/** Headings of {@link viewerRows}. */
export const viewerHeadings = [
  'Viewer',
  'Program',
  'Since',
  'Gets',
  'Path carries',
  'Loss',
  'Round trip',
  'Sent',
  'Resent',
] as const;

/** The viewers of the front row, one row each. */
export function viewerRows({ interactivePeers, tracks }: StreamView, nowMs: number): readonly Row[] {
  const rungs = tracks.find(({ kind }) => kind === 'video')?.rungs ?? [];
  return interactivePeers
    .slice(0, mostRows)
    .map((peer) => [
      peer.address,
      programName(peer.userAgent),
      formatDuration(nowMs - Date.parse(peer.joinedAt)),
      gets(peer, rungs),
      peer.estimateBps > 0 ? formatBitrate(peer.estimateBps) : '–',
      { text: formatRatio(peer.lossRatio), hot: peer.lossRatio > 0.05 },
      peer.rttMs > 0 ? formatLatency(peer.rttMs) : '–',
      formatBytes(peer.bytesSent),
      formatCount(peer.retransmitted),
    ]);
}

function gets(peer: ViewerStatus, rungs: readonly RungReport[]): Cell {
  if (peer.videoPaused) return { text: 'sound only', hot: true };
  const rung = rungs.find(({ label }) => label === peer.rung);
  if (rung === undefined) return '–';
  const words = [rungName(rung, rungs), sizeText(rung)].filter((part) => part !== '');
  return words.length === 0 ? 'all' : words.join(' · ');
}
