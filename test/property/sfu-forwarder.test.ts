import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TrackKind } from '#src/core/media.ts';
import type { SourcePacket } from '#src/sfu/forwarder.ts';
import { DownTrack } from '#src/sfu/forwarder.ts';
import { PublisherClock, Source } from '#src/sfu/source.ts';

// The same cases on every run: a failure is a change, never luck.
fc.configureGlobal({ seed: 3550 });

/** What happens to a publication: packets of four sources, chosen now and then, over a bad network. */
type Step =
  | { readonly do: 'select'; readonly source: number | undefined }
  | { readonly do: 'report'; readonly source: number }
  | {
      readonly do: 'packet';
      readonly source: number;
      readonly keyframe: boolean;
      readonly newFrame: boolean;
      readonly padding: boolean;
      readonly waitMs: number;
      readonly fate: 'comes' | 'lost' | 'twice' | 'late';
    };

const sourceIndex = fc.integer({ min: 0, max: 3 });
const packetStep = fc.record({
  do: fc.constant('packet' as const),
  source: sourceIndex,
  keyframe: fc.oneof(
    { weight: 1, arbitrary: fc.constant(true) },
    { weight: 3, arbitrary: fc.constant(false) },
  ),
  newFrame: fc.boolean(),
  padding: fc.oneof(
    { weight: 1, arbitrary: fc.constant(true) },
    { weight: 9, arbitrary: fc.constant(false) },
  ),
  waitMs: fc.integer({ min: 0, max: 60 }),
  fate: fc.constantFrom(
    'comes' as const,
    'comes' as const,
    'comes' as const,
    'lost' as const,
    'twice' as const,
    'late' as const,
  ),
});
const steps = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: packetStep },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('select' as const),
        source: fc.option(sourceIndex, { nil: undefined }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('report' as const), source: sourceIndex }) },
  ),
  { minLength: 20, maxLength: 250 },
);

/** Two publishers with two layers each, the second pair sharing no clock with the first; numbers near their wraps. */
class Network {
  nowMs = 1_000_000;
  readonly sources: readonly Source[];
  readonly #sequences = [65_530, 131_000, 70_000, 99_999];
  readonly #timestamps = [0xffff_f000, 5, 0x7fff_fff0, 123_456];
  readonly #sentMs = [0, 0, 0, 0];
  #late: SourcePacket[] = [];

  constructor(rateHz: number) {
    const clocks = [new PublisherClock(), new PublisherClock()];
    this.sources = [0, 1, 2, 3].map(
      (i) => new Source({ layer: i & 1, clockRateHz: rateHz, clock: clocks[i >> 1]! }),
    );
  }

  /** Packets that arrive in this step. */
  arrivals(step: Step): readonly SourcePacket[] {
    if (step.do === 'report') this.#report(step.source);
    if (step.do !== 'packet') return [];
    const packet = this.#send(step);
    const before = this.#late;
    this.#late = [];
    if (step.fate === 'lost') return before;
    if (step.fate === 'late') {
      this.#late = [packet];
      return before;
    }
    return step.fate === 'twice' ? [packet, ...before, packet] : [packet, ...before];
  }

  #send(step: Extract<Step, { do: 'packet' }>): SourcePacket {
    this.nowMs += step.waitMs;
    const source = this.sources[step.source]!;
    if (step.newFrame || step.keyframe) {
      const elapsedMs = Math.max(1, this.nowMs - this.#sentMs[step.source]!);
      this.#timestamps[step.source]! += Math.min(elapsedMs, 1000) * (source.clockRateHz / 1000);
      this.#sentMs[step.source] = this.nowMs;
    }
    const sequence = (this.#sequences[step.source]! += 1);
    return {
      source,
      sequence,
      timestamp: this.#timestamps[step.source]! % 2 ** 32,
      keyframe: step.keyframe,
      payloadBytes: step.padding ? 0 : 1000,
      arrivedMs: this.nowMs,
    };
  }

  #report(index: number): void {
    this.sources[index]!.noteReport({
      ntpHigh: 4_000_000_000 + Math.floor(this.nowMs / 1000),
      ntpLow: Math.floor((this.nowMs % 1000) * (2 ** 32 / 1000)),
      rtpTimestamp: this.#timestamps[index]! % 2 ** 32,
      arrivedWallMs: this.nowMs,
    });
  }
}

interface Sent {
  readonly packet: SourcePacket;
  readonly out: number;
  readonly timestamp: number;
  /** Counts up with every switch or start. */
  readonly run: number;
}

/** Everything that a viewer was sent, with the laws of each packet checked on the way. */
function watch(track: DownTrack, kind: TrackKind, script: readonly Step[]): readonly Sent[] {
  const network = new Network(kind === 'video' ? 90_000 : 48_000);
  const sent: Sent[] = [];
  let highest = -1;
  let newest: number | undefined;
  let run = 0;
  let stopped = true;
  for (const step of script) {
    if (step.do === 'select') {
      track.select(step.source === undefined ? undefined : network.sources[step.source]);
      stopped ||= step.source === undefined;
    }
    for (const packet of network.arrivals(step)) {
      const before = track.source;
      if (!track.forward(packet)) continue;
      if (stopped || packet.source !== before) {
        run += 1;
        stopped = false;
        expect(packet.keyframe || kind === 'audio').toBe(true);
        if (highest >= 0) expect(track.extendedSequence).toBe(highest + 1);
        if (newest !== undefined) expect((track.timestamp - newest) | 0).toBeGreaterThan(0);
      }
      expect(packet.source).toBe(track.source);
      sent.push({ packet, out: track.extendedSequence, timestamp: track.timestamp, run });
      highest = Math.max(highest, track.extendedSequence);
      if (newest === undefined || ((track.timestamp - newest) | 0) > 0) newest = track.timestamp;
    }
  }
  return sent;
}

test.each(['video', 'audio'] as const)(
  '%s: no two source packets share an outgoing number, and offsets are constant per run',
  (kind) => {
    fc.assert(
      fc.property(steps, fc.integer(), (script, seed) => {
        const owners = new Map<number, Sent>();
        const firstOfRun = new Map<number, Sent>();
        for (const sent of watch(new DownTrack(kind, seed), kind, script)) {
          const owner = owners.get(sent.out);
          if (owner === undefined) owners.set(sent.out, sent);
          else {
            expect(sent.packet).toBe(owner.packet);
            expect(sent.timestamp).toBe(owner.timestamp);
          }
          const first = firstOfRun.get(sent.run);
          if (first === undefined) firstOfRun.set(sent.run, sent);
          else {
            expect(sent.out - first.out).toBe(sent.packet.sequence - first.packet.sequence);
            expect((sent.timestamp - first.timestamp) | 0).toBe(
              (sent.packet.timestamp - first.packet.timestamp) | 0,
            );
          }
        }
      }),
      { numRuns: 150 },
    );
  },
);

test.each(['video', 'audio'] as const)('%s: a NACK leads back to the packet that was sent', (kind) => {
  fc.assert(
    fc.property(steps, fc.integer(), (script, seed) => {
      const track = new DownTrack(kind, seed);
      const all = watch(track, kind, script);
      const lastRun = all.at(-1)?.run ?? 0;
      for (const { packet, out, timestamp, run } of all) {
        const origin = track.sourceSequenceFor(out & 0xffff);
        if (run <= lastRun - 8) expect(origin).toBeUndefined();
        else {
          expect(origin?.source).toBe(packet.source);
          expect(origin?.sequence).toBe(packet.sequence);
          expect((packet.timestamp + origin!.timestampOffset) >>> 0).toBe(timestamp);
        }
      }
    }),
    { numRuns: 150 },
  );
});
