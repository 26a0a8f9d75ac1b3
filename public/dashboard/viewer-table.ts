import type { RungReport, StreamView, VideoWish, ViewerStatus } from '../shared/api-types.ts';
import {
  formatBitrate,
  formatBytes,
  formatCount,
  formatDuration,
  formatLatency,
  formatRatio,
} from '../shared/format.ts';
import { rungName, sizeText } from './ladder.ts';
import { programName } from '../shared/program-name.ts';
import type { Cell, Row } from './row.ts';

/** More rows than this help nobody; the count above the table is complete. */
const mostRows = 50;

/** Headings of {@link viewerRows}. */
export const viewerHeadings = [
  'Viewer',
  'Program',
  'Since',
  'Over',
  'Wants',
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
      transportWord(peer.transport),
      wishWords(peer.wish),
      gets(peer, rungs),
      peer.estimateBps > 0 ? formatBitrate(peer.estimateBps) : '–',
      { text: formatRatio(peer.lossRatio), hot: peer.lossRatio > 0.05 },
      peer.rttMs > 0 ? formatLatency(peer.rttMs) : '–',
      formatBytes(peer.bytesSent),
      formatCount(peer.retransmitted),
    ]);
}

/** What media goes over; TCP is the second choice of a network that blocks UDP. */
export function transportWord(transport: ViewerStatus['transport']): string {
  return transport === undefined ? '–' : transport.toUpperCase();
}

/** What a viewer asked for of the video, within what its token allows. */
export function wishWords(wish: VideoWish): string {
  if (wish.off === true) return 'no picture';
  const { rid, picture, spatialLayer, temporalLayer, maxSpatialLayer, maxTemporalLayer } = wish;
  const exactly = [layer('S', spatialLayer), layer('T', temporalLayer)].join('');
  const atMost = [layer('S', maxSpatialLayer), layer('T', maxTemporalLayer)].join('');
  const words = [
    ...(rid === undefined ? [] : [`layer ${rid}`]),
    ...(picture === undefined ? [] : [`${picture} picture`]),
    ...(exactly === '' ? [] : [exactly]),
    ...(atMost === '' ? [] : [`up to ${atMost}`]),
    ...(wish.maxHeight === undefined ? [] : [`up to ${wish.maxHeight} lines`]),
    ...(wish.maxWidth === undefined ? [] : [`up to ${wish.maxWidth} columns`]),
  ];
  return words.length === 0 ? 'auto' : words.join(', ');
}

function layer(kind: 'S' | 'T', index: number | undefined): string {
  return index === undefined ? '' : `${kind}${index}`;
}

function gets(peer: ViewerStatus, rungs: readonly RungReport[]): Cell {
  if (peer.videoPaused) return { text: 'sound only', hot: true };
  const rung = rungs.find(({ label }) => label === peer.rung);
  if (rung === undefined) return '–';
  const words = [rungName(rung, rungs), sizeText(rung)].filter((part) => part !== '');
  return words.length === 0 ? 'all' : words.join(' · ');
}
