import { describe, expect, test } from 'vitest';
import { hlsConfig } from '#src/hls/config.ts';
import { renderPlaylist, type PlaylistView } from '#src/hls/playlist.ts';
import { timingOf } from '#src/hls/timing.ts';
import type { Segment } from '#src/hls/media-segment.ts';
import { readMediaPlaylist } from '#test/kit/hls-reader.ts';

const timing = timingOf(250, hlsConfig.parse({ segmentTargetMs: 1_000, targetDurationMs: 1_000 }));

function segment(msn: number, more: Partial<Segment> = {}): Segment {
  const parts = [0, 1, 2, 3].map((index) => ({
    name: `v0_e1_p${msn * 4 + index}.m4s`,
    listedMs: 250,
    independent: index === 0,
    bytes: new Uint8Array(0),
  }));
  return {
    msn,
    name: `v0_e1_s${msn}.m4s`,
    run: 1,
    discontinuity: false,
    mapName: 'v0_e1.mp4',
    startWallMs: Date.UTC(2026, 0, 1) + msn * 1_000,
    startMs: msn * 1_000,
    independent: true,
    gap: false,
    parts,
    durationMs: 1_000,
    complete: true,
    ...more,
  };
}

const view = (segments: readonly Segment[], more: Partial<PlaylistView> = {}): PlaylistView => ({
  timing,
  segments,
  ended: false,
  everyIndependent: true,
  hintName: 'v0_e1_p99.m4s',
  reports: [{ uri: 'a0.m3u8', lastMsn: 3, lastPart: 1 }],
  ...more,
});
const many = (count: number): Segment[] => Array.from({ length: count }, (_, index) => segment(index + 1));

test('a small playlist, line by line', () => {
  const open = segment(2, { complete: false, durationMs: 500, parts: segment(2).parts.slice(0, 2) });
  expect(renderPlaylist(view([segment(1), open]), false)).toBe(`#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:1
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.75000,HOLD-BACK=3.00000,CAN-SKIP-UNTIL=6.00000,CAN-SKIP-DATERANGES=YES
#EXT-X-PART-INF:PART-TARGET=0.25000
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="v0_e1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:01.000Z
#EXT-X-PART:DURATION=0.25000,URI="v0_e1_p4.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.25000,URI="v0_e1_p5.m4s"
#EXT-X-PART:DURATION=0.25000,URI="v0_e1_p6.m4s"
#EXT-X-PART:DURATION=0.25000,URI="v0_e1_p7.m4s"
#EXTINF:1.00000,
v0_e1_s1.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z
#EXT-X-PART:DURATION=0.25000,URI="v0_e1_p8.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.25000,URI="v0_e1_p9.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="v0_e1_p99.m4s"
#EXT-X-RENDITION-REPORT:URI="a0.m3u8",LAST-MSN=3,LAST-PART=1
`);
});

describe('parts', () => {
  test('are listed for the last three target durations only', () => {
    const { segments } = readMediaPlaylist(renderPlaylist(view(many(8)), false));
    expect(segments.map(({ parts }) => parts.length)).toEqual([0, 0, 0, 0, 4, 4, 4, 4]);
  });
});

describe('a delta update', () => {
  test('leaves out what lies wholly before the skip boundary', () => {
    const delta = readMediaPlaylist(renderPlaylist(view(many(10)), true));
    expect(delta.skipped).toBe(4);
    expect(delta.mediaSequence).toBe(1);
    expect(delta.segments.map(({ msn }) => msn)).toEqual([5, 6, 7, 8, 9, 10]);
  });

  test('is a full playlist when there is nothing to leave out, or the stream has ended', () => {
    expect(renderPlaylist(view(many(6)), true)).toBe(renderPlaylist(view(many(6)), false));
    const ended = view(many(12), { ended: true });
    expect(renderPlaylist(ended, true)).toBe(renderPlaylist(ended, false));
  });

  test('leaves the discontinuity sequence as it is', () => {
    const segments = many(12).map((each) =>
      each.msn >= 3 ? { ...each, run: 2, discontinuity: each.msn === 3 } : each,
    );
    const full = readMediaPlaylist(renderPlaylist(view(segments), false));
    const delta = readMediaPlaylist(renderPlaylist(view(segments), true));
    expect([full.discontinuitySequence, delta.discontinuitySequence]).toEqual([0, 0]);
    expect(delta.skipped).toBe(6);
  });
});

test('a discontinuity counts as removed only when its segment is', () => {
  const second = { run: 2, mapName: 'v0_e2.mp4' };
  const listed = readMediaPlaylist(
    renderPlaylist(view([segment(4, { ...second, discontinuity: true }), segment(5, second)]), false),
  );
  expect(listed.discontinuitySequence).toBe(0);
  expect(listed.segments[0]?.discontinuity).toBe(true);
  const removed = readMediaPlaylist(renderPlaylist(view([segment(5, second)]), false));
  expect(removed.discontinuitySequence).toBe(1);
});

test('each run brings its init segment', () => {
  const text = renderPlaylist(
    view([segment(1), segment(2), segment(3, { run: 2, discontinuity: true, mapName: 'v0_e2.mp4' })]),
    false,
  );
  expect(text.match(/#EXT-X-MAP.*/g)).toEqual(['#EXT-X-MAP:URI="v0_e1.mp4"', '#EXT-X-MAP:URI="v0_e2.mp4"']);
  expect(text).toContain('#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="v0_e2.mp4"\n');
});

test('a gap is marked and has no parts', () => {
  const text = renderPlaylist(view([segment(1), segment(2, { gap: true, parts: [] })]), false);
  expect(text).toContain('#EXT-X-GAP\n#EXTINF:1.00000,\nv0_e1_s2.m4s\n');
});

test('the end: ENDLIST, no hint', () => {
  const text = renderPlaylist(view([segment(1)], { ended: true, hintName: undefined }), false);
  expect(text).toContain('#EXT-X-ENDLIST');
  expect(text).not.toContain('PRELOAD-HINT');
});

test('nothing is claimed that is not so', () => {
  expect(renderPlaylist(view([segment(1)], { everyIndependent: false }), false)).not.toContain(
    'INDEPENDENT-SEGMENTS',
  );
  const reports = [{ uri: 'a0.m3u8', lastMsn: 3, lastPart: -1 }];
  expect(renderPlaylist(view([segment(1)], { reports }), false)).toContain('URI="a0.m3u8",LAST-MSN=3\n');
});
