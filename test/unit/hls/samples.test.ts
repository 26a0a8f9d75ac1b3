import { describe, expect, test } from 'vitest';
import { MalformedMp4 } from '#src/hls/bmff.ts';
import {
  readTrack,
  TrackReader,
  type TimedSample,
  type TrackInit,
  type TrackSink,
} from '#src/hls/samples.ts';
import { box, ByteFeed, settled, TrackFeed } from '#test/kit/hls-source.ts';

function recorder(): TrackSink & { readonly inits: TrackInit[]; readonly samples: TimedSample[] } {
  const inits: TrackInit[] = [];
  const samples: TimedSample[] = [];
  return {
    inits,
    samples,
    init: (init) => void inits.push(init),
    sample: (sample) => void samples.push(sample),
  };
}
const forever = new AbortController().signal;

test('a track gives its init segment and its samples with times in milliseconds', async () => {
  const feed = new TrackFeed('video');
  const seen = recorder();
  feed.frame(1000 / 30, true);
  feed.frame(1000 / 30, false);
  feed.bytes.push(box('free'));
  feed.bytes.end();
  await readTrack(feed.track, seen, forever);
  expect(seen.inits).toHaveLength(1);
  expect(seen.inits[0]?.facts.codecs).toBe('avc1.42c01e');
  expect(seen.samples.map(({ startMs, independent }) => [startMs, independent])).toEqual([
    [10_000, true],
    [expect.closeTo(10_033.33, 1), false],
  ]);
});

describe('reading ends', () => {
  test('at the signal, and lets go of the source', async () => {
    const feed = new TrackFeed('audio');
    const abort = new AbortController();
    const reading = readTrack(feed.track, recorder(), abort.signal);
    await settled();
    abort.abort();
    await reading;
    feed.bytes.end();
    await settled();
    expect(feed.bytes.returned).toBe(true);
  });

  test('with the reason when the bytes are no MP4', async () => {
    const bytes = new ByteFeed();
    bytes.push(Buffer.from('this is no movie'));
    const track = { kind: 'video', rendition: 'v0', bytes } as const;
    await expect(readTrack(track, recorder(), forever)).rejects.toThrow(MalformedMp4);
    expect(bytes.returned).toBe(true);
  });

  test('with the error of the source', async () => {
    const failing: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('pipe broke')) }),
    };
    const track = { kind: 'video', rendition: 'v0', bytes: failing } as const;
    await expect(readTrack(track, recorder(), forever)).rejects.toThrow('pipe broke');
  });
});

test('media before its init segment is malformed', () => {
  expect(() => new TrackReader(recorder()).push(box('mdat', Buffer.alloc(4)))).toThrow(MalformedMp4);
});
