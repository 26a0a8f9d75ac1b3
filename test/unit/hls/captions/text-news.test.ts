import { afterEach, describe, expect, test } from 'vitest';
import type { MediaSegment, SegmentListener } from '#src/core/record.ts';
import { silentLog } from '#src/core/log.ts';
import { hlsConfig } from '#src/hls/config.ts';
import { StreamPackager } from '#src/hls/packager.ts';
import { caption } from '#test/kit/captions-rig.ts';
import { EpochFeed, settled } from '#test/kit/hls-source.ts';
import { readVtt } from '#test/kit/webvtt-reader.ts';

const startedWallMs = 1_700_000_000_000 + 3_600_000;
const opened: StreamPackager[] = [];
afterEach(async () => {
  for (const packager of opened.splice(0)) await packager[Symbol.asyncDispose]();
});

/** A stream with English captions, and what a listener hears of it, up to the end. */
function open(): { packager: StreamPackager; heard: MediaSegment[]; ends: number[] } {
  const heard: MediaSegment[] = [];
  const ends: number[] = [];
  const listener: SegmentListener = {
    segment: (segment) => void heard.push(segment),
    ended: () => void ends.push(heard.length),
  };
  const clock = { nowMs: () => 0, wallMs: () => startedWallMs };
  const sinks = (): { listener: SegmentListener; spool: undefined } => ({ listener, spool: undefined });
  const config = hlsConfig.parse({ captions: [{ language: 'en' }] });
  const packager = new StreamPackager({ clock, log: silentLog, matches: () => true, sinks }, config);
  opened.push(packager);
  return { packager, heard, ends };
}

describe('what a recorder hears of subtitles', () => {
  test('is a segment right behind each of the video, with its times; nothing in it where nothing is said', async () => {
    const { packager, heard, ends } = open();
    const feed = new EpochFeed(1, ['video']);
    packager.text.caption(caption(startedWallMs + 2_500, startedWallMs + 3_500));
    packager.accept(feed.epoch);
    await feed.advanceTo(17_000);
    packager.finish();
    await settled();
    const of = (id: string): readonly MediaSegment[] => heard.filter(({ rendition }) => rendition === id);
    const [video, text] = [of('v0'), of('s0')];
    const times = (segments: readonly MediaSegment[]): unknown =>
      segments.map(({ msn, run, startMs, startWallMs, durationMs }) => {
        return { msn, run, startMs, startWallMs, durationMs };
      });
    expect(text.length).toBeGreaterThan(3);
    expect(times(text)).toEqual(times(video));
    // Whoever writes them one after the other has all that is said in a segment before the next one begins.
    expect(heard.map(({ rendition }) => rendition).join(' ')).toBe(
      Array(text.length).fill('v0 s0').join(' '),
    );
    expect(ends).toEqual([heard.length]);
    expect(text.map(({ chunks }) => chunks.length)).toEqual([0, 1, ...text.slice(2).map(() => 0)]);
    expect(text[0]).toMatchObject({ kind: 'text', text: { language: 'en', name: 'English' }, gap: false });
    const cues = (bytes: Uint8Array | undefined): unknown =>
      readVtt(Buffer.from(bytes ?? '').toString()).cues;
    expect(cues(text[0]?.map)).toEqual([]);
    expect(cues(text[1]?.chunks[0])).toMatchObject([{ text: 'words' }]);
  });
});
