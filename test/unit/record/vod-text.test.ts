import HLS from 'hls-parser';
import { describe, expect, test } from 'vitest';
import type { InitLine, Journal, SegmentLine } from '#src/record/journal.ts';
import { durationOf, mediaPlaylistOf, multivariantOf } from '#src/record/vod.ts';
import { madeJournal } from '#test/kit/record-segments.ts';

const english: InitLine = {
  ...{ t: 'init', rendition: 's0', stretch: 1, kind: 'text', text: { language: 'en', name: 'English' } },
  ...{ codecs: 'wvtt', width: 0, height: 0, channels: 0, bytes: 60 },
};

/** Something that was said during the segment of the video with this index. */
function said(index: number, stretch = 1, more: Partial<SegmentLine> = {}): SegmentLine {
  const times = { startMs: index * 2_000, startWallMs: 1_700_000_000_000 + index * 2_000, durationMs: 2_000 };
  const place = { independent: true, gap: false, offset: 60 + index * 100, bytes: 100 };
  return { t: 'segment', rendition: 's0', stretch, ...times, ...place, ...more };
}

function withText(journal: Journal, texts: readonly SegmentLine[], inits = [english]): Journal {
  return { ...journal, inits: [...journal.inits, ...inits], segments: [...journal.segments, ...texts] };
}

const rangesOf = (text: string | undefined): readonly string[] =>
  text?.match(/(?<=BYTERANGE:).*\n.*/g)?.map((range) => range.replace('\n', ' ')) ?? [];

/** What stands in a playlist about time. */
const timesOf = (text: string | undefined): readonly string[] =>
  text?.match(/^#EXT(?:INF|-X-PROGRAM-DATE-TIME|-X-DISCONTINUITY|-X-TARGETDURATION|-X-ENDLIST).*/gm) ?? [];

describe('the subtitles of a recording', () => {
  test('are in step with the video, and silent where nothing was said', () => {
    const journal = withText(madeJournal([3]), [said(1)]);
    const text = mediaPlaylistOf(journal, 's0');
    expect(rangesOf(text)).toEqual(['60@0 s0_1.vtt', '100@160 s0_1.vtt', '60@0 s0_1.vtt']);
    expect(timesOf(text)).toEqual(timesOf(mediaPlaylistOf(journal, 'v0')));
    expect(text).not.toContain('EXT-X-MAP');
    expect((HLS.parse(text ?? '') as HLS.types.MediaPlaylist).segments).toHaveLength(3);
    expect(durationOf(journal)).toBe(6_000);
  });

  test('of a language that came late are silent in front of its first word', () => {
    const journal = withText(madeJournal([2, 2]), [said(3, 2)], [{ ...english, stretch: 2 }]);
    const text = mediaPlaylistOf(journal, 's0');
    expect(rangesOf(text)).toEqual(['60@0 s0_2.vtt', '60@0 s0_2.vtt', '60@0 s0_2.vtt', '100@360 s0_2.vtt']);
    expect(timesOf(text)).toEqual(timesOf(mediaPlaylistOf(journal, 'v0')));
    expect(text?.match(/#EXT-X-DISCONTINUITY$/gm)).toHaveLength(1);
  });

  test('follow the sound where there is no video, and segments that lie a little beside those of the leader', () => {
    const made = madeJournal([3]);
    const sound = <T extends { readonly rendition: string }>(lines: readonly T[]): readonly T[] =>
      lines.filter(({ rendition }) => rendition === 'a0');
    const audio = { ...made, inits: sound(made.inits), segments: sound(made.segments) };
    const shifted = [said(0, 1, { startMs: -90 }), said(2, 1, { startMs: 4_110 })];
    const journal = withText(audio, shifted);
    expect(rangesOf(mediaPlaylistOf(journal, 's0'))).toEqual([
      '100@60 s0_1.vtt',
      '60@0 s0_1.vtt',
      '100@260 s0_1.vtt',
    ]);
    expect(multivariantOf(journal)).toContain('CODECS="mp4a.40.2",SUBTITLES="subtitles"\na0.m3u8');
  });

  test('never change what they have listed while the recording grows', () => {
    const texts = [
      withText(madeJournal([2], false), []),
      withText(madeJournal([2], false), [said(1)]),
      withText(madeJournal([3], false), [said(1)]),
      withText(madeJournal([3, 1], false), [said(1), said(2)]),
    ].map((journal) => mediaPlaylistOf(journal, 's0') ?? '');
    for (const [index, text] of texts.entries()) expect(text.startsWith(texts[index - 1] ?? '')).toBe(true);
    expect(rangesOf(texts.at(-1))).toEqual(['60@0 s0_1.vtt', '100@160 s0_1.vtt', '100@260 s0_1.vtt']);
    expect(mediaPlaylistOf(withText(madeJournal([1], false), []), 's0')).toBeUndefined();
  });

  test('are offered while they may come, and afterwards where something was said', () => {
    const parsed = HLS.parse(
      multivariantOf(withText(madeJournal([2]), [said(1)])) ?? '',
    ) as HLS.types.MasterPlaylist;
    expect(parsed.variants[0]?.subtitles).toMatchObject([
      { uri: 's0.m3u8', language: 'en', name: 'English', isDefault: false, autoselect: true },
    ]);
    expect(parsed.variants[0]?.codecs).toBe('avc1.42c01e,mp4a.40.2');
    expect(multivariantOf(withText(madeJournal([2], false), []))).toContain('SUBTITLES="subtitles"');
    expect(multivariantOf(withText(madeJournal([2]), []))).not.toContain('SUBTITLES');
  });
});
