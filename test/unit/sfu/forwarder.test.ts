import { describe, expect, test } from 'vitest';
import { DownTrack } from '#src/sfu/forwarder.ts';
import { PublisherClock } from '#src/sfu/source.ts';
import { audioSource, packetOf, videoSource } from './publishing.ts';

/** A video track that has just forwarded the keyframe `first` of its source. */
function started(first = 70_000, timestamp = 5000) {
  const track = new DownTrack('video', 0);
  const source = videoSource();
  track.select(source);
  expect(track.forward(packetOf(source, { sequence: first, timestamp, keyframe: true }))).toBe(true);
  return { track, source, firstOut: track.extendedSequence };
}

describe('start', () => {
  test('video begins at a keyframe, whose number and timestamp are kept apart from the source numbering', () => {
    const track = new DownTrack('video', 0);
    const source = videoSource();
    track.select(source);
    expect(track.forward(packetOf(source, { sequence: 70_000 }))).toBe(false);
    expect(track.awaiting).toBe(source);
    expect(track.forward(packetOf(source, { sequence: 70_001, timestamp: 4711, keyframe: true }))).toBe(true);
    expect(track.timestamp).toBe(4711);
    expect(track.awaiting).toBeUndefined();
    expect(track.forward(packetOf(source, { sequence: 70_002, timestamp: 4711 }))).toBe(true);
  });

  test('audio begins at once', () => {
    const track = new DownTrack('audio', 0);
    const source = audioSource();
    track.select(source);
    expect(track.awaiting).toBeUndefined();
    expect(track.forward(packetOf(source, {}))).toBe(true);
  });

  test.each([0, 1, 31_743, 31_744, 0xffff_ffff, 2 ** 31])(
    'the first number of seed %i lies from 1024 to 32767',
    (seed) => {
      const track = new DownTrack('audio', seed);
      const source = audioSource();
      track.select(source);
      track.forward(packetOf(source, {}));
      expect(track.sequence).toBeGreaterThanOrEqual(1024);
      expect(track.sequence).toBeLessThan(32_768);
    },
  );

  test('nothing is forwarded before a source is chosen', () => {
    expect(new DownTrack('audio', 0).forward(packetOf(audioSource(), {}))).toBe(false);
  });

  test('a packet of the first frame that was overtaken still goes out, an older frame does not', () => {
    const { track, source, firstOut } = started(70_000, 5000);
    expect(track.forward(packetOf(source, { sequence: 69_999, timestamp: 5000 }))).toBe(true);
    expect(track.extendedSequence).toBe(firstOut - 1);
    expect(track.forward(packetOf(source, { sequence: 69_998, timestamp: 4000 }))).toBe(false);
    expect(track.sourceSequenceFor((firstOut - 1) & 0xffff)).toMatchObject({ source, sequence: 69_999 });
  });
});

describe('within a source', () => {
  test('holes stay holes and late packets fall into them', () => {
    const { track, source, firstOut } = started();
    track.forward(packetOf(source, { sequence: 70_005, timestamp: 8000 }));
    expect(track.extendedSequence).toBe(firstOut + 5);
    expect(track.forward(packetOf(source, { sequence: 70_003, timestamp: 8000 }))).toBe(true);
    expect(track.extendedSequence).toBe(firstOut + 3);
    expect(track.sourceSequenceFor((firstOut + 4) & 0xffff)?.sequence).toBe(70_004);
  });

  test('padding-only packets keep their number', () => {
    const { track, source, firstOut } = started();
    expect(track.forward(packetOf(source, { sequence: 70_001, payloadBytes: 0 }))).toBe(true);
    track.forward(packetOf(source, { sequence: 70_002 }));
    expect(track.extendedSequence).toBe(firstOut + 2);
  });

  test('the outgoing number wraps at 16 bits', () => {
    const { track, source } = started();
    for (let sequence = 70_001; sequence < 140_000; sequence += 1000)
      track.forward(packetOf(source, { sequence }));
    expect(track.sequence).toBe(track.extendedSequence % 65_536);
    expect(track.sourceSequenceFor(track.sequence)?.sequence).toBe(139_001);
  });

  test('counts what it forwards', () => {
    const { track, source } = started();
    track.forward(packetOf(source, { sequence: 70_001, payloadBytes: 234 }));
    track.forward(packetOf(videoSource(), { sequence: 70_002 }));
    expect(track).toMatchObject({ packets: 2, octets: 1234 });
  });
});

describe('switch', () => {
  test('the old source goes on until the keyframe of the new one, then its packets stay out', () => {
    const { track, source, firstOut } = started();
    const next = videoSource(1);
    track.select(next);
    expect(track.awaiting).toBe(next);
    expect(track.forward(packetOf(next, { sequence: 90_000, arrivedMs: 30 }))).toBe(false);
    expect(track.forward(packetOf(source, { sequence: 70_001, timestamp: 8000, arrivedMs: 33 }))).toBe(true);
    expect(track.forward(packetOf(next, { sequence: 90_001, keyframe: true, arrivedMs: 66 }))).toBe(true);
    expect(track.extendedSequence).toBe(firstOut + 2);
    expect(track.forward(packetOf(source, { sequence: 70_002, timestamp: 11_000, arrivedMs: 67 }))).toBe(
      false,
    );
    expect(track.forward(packetOf(next, { sequence: 90_000, arrivedMs: 68 }))).toBe(false);
  });

  test('without reports the timestamp goes on by elapsed time', () => {
    const { track } = started(70_000, 5000);
    const next = videoSource(1);
    track.select(next);
    track.forward(packetOf(next, { sequence: 9, timestamp: 0xffff_0000, keyframe: true, arrivedMs: 250 }));
    expect(track.timestamp).toBe(5000 + 22_500);
  });

  test('layers of one publisher are aligned by their reports, whatever the network did to arrivals', () => {
    const clock = new PublisherClock();
    const small = videoSource(0, clock);
    const large = videoSource(1, clock);
    const ntpHigh = 4_000_000_000;
    small.noteReport({ ntpHigh, ntpLow: 0, rtpTimestamp: 1000, arrivedWallMs: 1 });
    large.noteReport({ ntpHigh, ntpLow: 0, rtpTimestamp: 500_000, arrivedWallMs: 1 });
    const track = new DownTrack('video', 0);
    track.select(small);
    track.forward(packetOf(small, { timestamp: 1000 + 9000, keyframe: true, arrivedMs: 100 }));
    track.select(large);
    track.forward(packetOf(large, { timestamp: 500_000 + 12_000, keyframe: true, arrivedMs: 250 }));
    expect(track.timestamp).toBe(1000 + 12_000);
  });

  test('reports that contradict arrivals by more than a second are not believed', () => {
    const clock = new PublisherClock();
    const [before, after] = [videoSource(0, clock), videoSource(1, clock)];
    before.noteReport({ ntpHigh: 4_000_000_000, ntpLow: 0, rtpTimestamp: 0, arrivedWallMs: 1 });
    after.noteReport({ ntpHigh: 4_000_000_100, ntpLow: 0, rtpTimestamp: 0, arrivedWallMs: 1 });
    const track = new DownTrack('video', 0);
    track.select(before);
    track.forward(packetOf(before, { keyframe: true, arrivedMs: 0 }));
    track.select(after);
    track.forward(packetOf(after, { keyframe: true, arrivedMs: 100 }));
    expect(track.timestamp).toBe(9000);
  });

  test('two publishers are compared by arrival only: their clocks need not agree', () => {
    const [before, after] = [videoSource(), videoSource()];
    before.noteReport({ ntpHigh: 4_000_000_000, ntpLow: 0, rtpTimestamp: 0, arrivedWallMs: 1 });
    after.noteReport({ ntpHigh: 4_000_000_000, ntpLow: 0x8000_0000, rtpTimestamp: 0, arrivedWallMs: 1 });
    const track = new DownTrack('video', 0);
    track.select(before);
    track.forward(packetOf(before, { keyframe: true, arrivedMs: 0 }));
    track.select(after);
    track.forward(packetOf(after, { keyframe: true, arrivedMs: 100 }));
    expect(track.timestamp).toBe(9000);
  });

  test('the timestamp moves on even when no time went by', () => {
    const { track } = started(70_000, 5000);
    const next = videoSource(1);
    track.select(next);
    track.forward(packetOf(next, { sequence: 9, timestamp: 0, keyframe: true, arrivedMs: 0 }));
    expect(track.timestamp).toBe(5001);
  });

  test('choosing the running source again calls the switch off', () => {
    const { track, source } = started();
    track.select(videoSource(1));
    track.select(source);
    expect(track.awaiting).toBeUndefined();
    expect(track.forward(packetOf(source, { sequence: 70_001 }))).toBe(true);
  });

  test('audio switches with the first packet of the new publisher', () => {
    const track = new DownTrack('audio', 0);
    const [before, after] = [audioSource(), audioSource()];
    track.select(before);
    track.forward(packetOf(before, { timestamp: 960 }));
    const last = track.extendedSequence;
    track.select(after);
    expect(track.forward(packetOf(after, { sequence: 5, timestamp: 77, arrivedMs: 1000 }))).toBe(true);
    expect(track.extendedSequence).toBe(last + 1);
    expect(track.timestamp).toBe(960 + 48_000);
  });
});

describe('stop and start', () => {
  test('a stopped track waits for a keyframe of the same source, and its timeline went on', () => {
    const { track, source, firstOut } = started(70_000, 5000);
    track.select(undefined);
    expect(track.forward(packetOf(source, { sequence: 70_001, timestamp: 8000, arrivedMs: 33 }))).toBe(false);
    track.select(source);
    expect(track.awaiting).toBe(source);
    expect(track.forward(packetOf(source, { sequence: 70_300, timestamp: 95_000, arrivedMs: 1010 }))).toBe(
      false,
    );
    expect(
      track.forward(
        packetOf(source, { sequence: 70_330, timestamp: 98_000, keyframe: true, arrivedMs: 1040 }),
      ),
    ).toBe(true);
    expect(track.extendedSequence).toBe(firstOut + 1);
    expect(track.timestamp).toBe(98_000);
  });
});

describe('NACK lookup', () => {
  test('finds the packet and its timestamp offset across a switch', () => {
    const { track, source, firstOut } = started(70_000, 5000);
    track.forward(packetOf(source, { sequence: 70_009, timestamp: 8000, arrivedMs: 33 }));
    const next = videoSource(1);
    track.select(next);
    track.forward(packetOf(next, { sequence: 1_000_000, timestamp: 100, keyframe: true, arrivedMs: 66 }));
    const switched = track.timestamp;
    expect(track.sourceSequenceFor((firstOut + 4) & 0xffff)).toMatchObject({
      source,
      sequence: 70_004,
      timestampOffset: 0,
      pace: 1,
    });
    const found = track.sourceSequenceFor(track.sequence);
    expect(found).toMatchObject({ source: next, sequence: 1_000_000 });
    expect(((found?.timestampOffset ?? 0) + 100) >>> 0).toBe(switched);
  });

  test('numbers never given out mean nothing', () => {
    const { track } = started();
    expect(track.sourceSequenceFor(track.sequence + 1)).toBeUndefined();
    expect(track.sourceSequenceFor(track.sequence - 1000)).toBeUndefined();
    expect(new DownTrack('video', 0).sourceSequenceFor(0)).toBeUndefined();
  });

  test('the oldest of many switches are forgotten', () => {
    const track = new DownTrack('audio', 0);
    const sources = Array.from({ length: 12 }, () => audioSource());
    const given: number[] = [];
    for (const source of sources) {
      track.select(source);
      track.forward(packetOf(source, { arrivedMs: 20 * given.length }));
      given.push(track.sequence);
    }
    expect(track.sourceSequenceFor(given[0]!)).toBeUndefined();
    expect(track.sourceSequenceFor(given[3]!)).toBeUndefined();
    expect(track.sourceSequenceFor(given[4]!)?.source).toBe(sources[4]);
    expect(track.sourceSequenceFor(given[11]!)?.source).toBe(sources[11]);
  });
});

test('mapTimestamp puts any instant of the current source on the outgoing timeline', () => {
  const { track } = started(70_000, 5000);
  const next = videoSource(1);
  track.select(next);
  track.forward(packetOf(next, { timestamp: 1_000_000, keyframe: true, arrivedMs: 1000 }));
  expect(track.mapTimestamp(1_000_000 + 90)).toBe(5000 + 90_000 + 90);
});
