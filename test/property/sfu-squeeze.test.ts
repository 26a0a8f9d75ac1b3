import fc from 'fast-check';
import { expect, test } from 'vitest';
import { timestampDistance } from '#src/rtp/sequence.ts';
import { DownTrack, type SourcePacket } from '#src/sfu/forwarder.ts';
import { outgoingTimestamp } from '#src/sfu/segments.ts';
import { PublisherClock, Source } from '#src/sfu/source.ts';

// The same cases on every run: a failure is a change, never luck.
fc.configureGlobal({ seed: 3551 });

const rateHz = 90_000;
/** Frames of the past: how far apart, how many packets each; then how long the replay takes and what had been shown before. */
const past = fc.record({
  gaps: fc.array(fc.integer({ min: 700, max: 9_000 }), { minLength: 1, maxLength: 120 }),
  packets: fc.integer({ min: 1, max: 4 }),
  firstTimestamp: fc.constantFrom(0, 5, 0x7fff_f000, 0xffff_f000),
  durationMs: fc.integer({ min: 20, max: 2_000 }),
  showedBefore: fc.boolean(),
});

test('the past comes squeezed behind all that was shown, in order, meets the present at the edge, and is found again', () => {
  fc.assert(
    fc.property(past, fc.integer(), ({ gaps, packets, firstTimestamp, durationMs, showedBefore }, seed) => {
      const track = new DownTrack('video', seed);
      let nowMs = 50_000;
      let shown: number | undefined;
      if (showedBefore) {
        const other = newSource();
        track.select(other);
        track.forward(
          packetOf(other, { sequence: 70_000, timestamp: 123, keyframe: true, arrivedMs: nowMs }),
        );
        shown = track.timestamp;
        nowMs += 40;
      }
      const source = newSource();
      const times = gaps.reduce<number[]>((all, gap) => [...all, (all.at(-1) ?? 0) + gap], [0]);
      const newest = times.at(-1) ?? 0;
      const duration = durationMs * (rateHz / 1000);
      track.select(source);
      track.beginInPast({
        newestTimestamp: (firstTimestamp + newest) >>> 0,
        newestArrivedMs: nowMs,
        edgeTimestamp: (firstTimestamp + newest + duration) >>> 0,
        pace: duration / (newest + duration),
      });
      // What comes after the replay, at and behind the edge.
      const all = [...times, newest + duration, newest + duration + 3_000];
      const sent: { out: number; timestamp: number; sequence: number; source: number }[] = [];
      for (const [frame, time] of all.entries()) {
        for (let i = 0; i < packets; i += 1) {
          const timestamp = (firstTimestamp + time) >>> 0;
          const sequence = 80_000 + frame * packets + i;
          const packet = packetOf(source, { sequence, timestamp, keyframe: frame === 0, arrivedMs: nowMs });
          expect(track.forward(packet)).toBe(true);
          sent.push({ out: track.extendedSequence, timestamp: track.timestamp, sequence, source: timestamp });
        }
      }
      const first = sent[0];
      if (first === undefined) return;
      if (shown !== undefined) expect(timestampDistance(shown, first.timestamp)).toBeGreaterThan(0);
      for (const [i, packet] of sent.entries()) {
        expect(packet.out - first.out).toBe(i);
        const before = sent[i - 1];
        const step = before === undefined ? 1 : timestampDistance(before.timestamp, packet.timestamp);
        if (i % packets === 0) expect(step).toBeGreaterThan(0);
        else expect(step).toBe(0);
        // Never later than a player that always was there would be told.
        expect(timestampDistance(packet.timestamp, track.mapTimestamp(packet.source))).toBeLessThanOrEqual(0);
        const origin = track.sourceSequenceFor(packet.out & 0xffff);
        expect(origin?.sequence).toBe(packet.sequence);
        if (origin !== undefined) expect(outgoingTimestamp(origin, packet.source)).toBe(packet.timestamp);
      }
      const live = sent.slice(-2 * packets);
      for (const { timestamp, source: original } of live)
        expect(timestamp).toBe(track.mapTimestamp(original));
      // The whole past takes as long as its replay.
      const edge = live[0]?.timestamp ?? 0;
      expect(Math.abs(timestampDistance(first.timestamp, edge) - duration)).toBeLessThanOrEqual(1);
    }),
    { numRuns: 120 },
  );
});

function newSource(): Source {
  return new Source({ layer: 0, clockRateHz: rateHz, clock: new PublisherClock() });
}

function packetOf(
  source: Source,
  facts: Pick<SourcePacket, 'sequence' | 'timestamp' | 'keyframe' | 'arrivedMs'>,
): SourcePacket {
  return { source, payloadBytes: 1_000, ...facts };
}
