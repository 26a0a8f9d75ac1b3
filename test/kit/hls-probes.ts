import { gunzipSync } from 'node:zlib';
import { exchange, type Answer } from './hls-http.ts';
import { readMediaPlaylist, type ReadPlaylist } from './hls-reader.ts';
import type { Check } from './hls-rules.ts';

/** Requests that must be refused, and requests that are answered in an unusual way (RFC 8216bis section 6.2.5). */
export async function probeRendition(url: string, playlist: ReadPlaylist, check: Check): Promise<void> {
  if (!playlist.ended) await probeRefusals(url, playlist, check);
  const head = await exchange(url, { method: 'HEAD' });
  check('HEAD is answered without body', head.status === 200 && head.body.length === 0);
  const missing = await exchange(new URL('v0_e1_p999999.m4s', url).href);
  refused(missing, 404, check);
  const plain = await exchange(url, { headers: { 'accept-encoding': 'identity' } });
  check('no compression when none is wanted', plain.headers['content-encoding'] === undefined);
  const ranged = await exchange(url, { headers: { range: 'bytes=0-1' } });
  check('a range does no harm', ranged.status === 200 || ranged.status === 206);
}

async function probeRefusals(url: string, playlist: ReadPlaylist, check: Check): Promise<void> {
  const last = playlist.segments.at(-1)?.msn ?? 0;
  // Live streams move on while we ask: stay well clear of what may have become possible.
  const far = Math.ceil(3 / Math.min(playlist.partTargetS, 1)) + 1_000;
  const queries = [
    '_HLS_part=1',
    '_HLS_msn=abc',
    '_HLS_msn=-1',
    '_HLS_msn=1.5',
    '_HLS_msn=',
    `_HLS_msn=${last}&_HLS_part=x`,
    `_HLS_msn=${last}&_HLS_msn=${last}`,
    `_HLS_msn=${last + 1000}`,
  ];
  for (const query of queries) refused(await exchange(`${url}?${query}`), 400, check, query);
  const query = `_HLS_msn=${last + 1}&_HLS_part=${far}`;
  const answer = await exchange(`${url}?${query}`);
  // Past by the time it arrived: then it is right to answer.
  const playlistCame = answer.headers['content-type'] === 'application/vnd.apple.mpegurl';
  const past = answer.status === 200 && playlistCame && isPast(answer, last + 1);
  if (!past) refused(answer, 400, check, query);
}

/** Positions that are long reached are answered at once; a part index past a segment's end means the next segment. */
export async function probePast(url: string, playlist: ReadPlaylist, check: Check): Promise<void> {
  const past = await exchange(`${url}?_HLS_msn=${playlist.mediaSequence}`, {
    signal: AbortSignal.timeout(5_000),
  });
  check('past positions are answered', past.status === 200);
  const complete = playlist.segments.findLast(
    (segment, index) => segment.uri !== undefined && index < playlist.segments.length - 1,
  );
  if (!complete || complete.parts.length === 0) return;
  const query = `_HLS_msn=${complete.msn}&_HLS_part=${complete.parts.length}`;
  const answer = await exchange(`${url}?${query}`, { signal: AbortSignal.timeout(15_000) });
  const next = readMediaPlaylist(answer.body.toString()).segments.find(
    (segment) => segment.msn === complete.msn + 1,
  );
  check(
    'a part past the end is the first of the next segment',
    next !== undefined && next.parts.length > 0,
    query,
  );
}

/** Section 6.2.5.2: after the end nothing is waited for, and nothing is added. */
export async function probeEnd(url: string, playlist: ReadPlaylist, check: Check): Promise<void> {
  const last = playlist.segments.at(-1);
  check('nothing is open after the end', last?.uri !== undefined);
  const query = `_HLS_msn=${(last?.msn ?? 0) + 1_000}&_HLS_part=0&_HLS_skip=YES`;
  const answer = await exchange(`${url}?${query}`, { signal: AbortSignal.timeout(5_000) });
  const text = answer.status === 200 ? answer.body.toString() : '';
  const same =
    text.startsWith('#EXTM3U') && readMediaPlaylist(text).segments.length === playlist.segments.length;
  check('directives are ignored after the end', same, `${query}: ${answer.status}`);
}

/** Gaps are listed, not there (section 4.4.4.7). */
export async function probeGaps(url: string, playlist: ReadPlaylist, check: Check): Promise<void> {
  const gap = playlist.segments.find((segment) => segment.gap && segment.uri !== undefined);
  if (!gap) return;
  check(
    'gaps list no parts that could be had',
    gap.parts.every((part) => part.gap),
    `segment ${gap.msn}`,
  );
  const answer = await exchange(new URL(gap.uri ?? '', url).href);
  check('gaps cannot be fetched', answer.status === 404, `segment ${gap.msn}: ${answer.status}`);
}

/** Whether the playlist has gone beyond this segment, or has it as a gap: that gets no parts to wait for. */
function isPast({ headers, body }: Answer, msn: number): boolean {
  const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  const last = readMediaPlaylist(text.toString()).segments.at(-1);
  return (last?.msn ?? 0) > msn || (last?.msn === msn && last.gap);
}

function refused(answer: Answer, status: number, check: Check, detail = answer.url): void {
  check('refusals have their status', answer.status === status, `${detail}: ${answer.status}`);
  const type = answer.headers['content-type'];
  check('refusals are problem+json', type === 'application/problem+json', `${detail}: ${type ?? 'none'}`);
  const body =
    type === 'application/problem+json' ? (JSON.parse(answer.body.toString()) as { code?: unknown }) : {};
  check('refusals have a code', typeof body.code === 'string', detail);
  const cache = answer.headers['cache-control'] ?? '';
  // Also where something is missing: what is asked for here is ahead of the stream, and would be missing when it is there.
  check('refusals are not kept', cache === 'no-store', `${detail}: ${cache}`);
}
