import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { TrackKind } from '#src/core/media.ts';
import { Timeline } from '#src/bridge/timeline.ts';

// A loaded machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const uint32 = fc.integer({ min: 0, max: 0xffffffff });

/** Two devices captured at one place, seen through a network. */
const scene = fc.record({
  videoStart: uint32,
  audioStart: uint32,
  /** Audio's clock against video's, parts per million. */
  audioPpm: fc.integer({ min: -300, max: 300 }),
  /** How much later audio arrives than the video captured with it. */
  audioLateMs: fc.integer({ min: -200, max: 200 }),
  jitterMs: fc.integer({ min: 0, max: 60 }),
  seed: fc.integer({ min: 1, max: 0x7fffffff }),
  /** Second in which sender reports begin; late ones correct what arrival times guessed. */
  reportsFromS: fc.integer({ min: 0, max: 20 }),
});
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never;

interface Unit {
  readonly kind: TrackKind;
  readonly capturedMs: number;
  readonly timestamp: number;
  readonly arrivedMs: number;
}

const durationMs = 40_000;

function unitsOf(scene: Scene): Unit[] {
  let state = scene.seed;
  const jitter = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state / 0x7fffffff) * scene.jitterMs;
  };
  const make = (kind: TrackKind, stepMs: number): Unit[] =>
    Array.from({ length: Math.floor(durationMs / stepMs) }, (_, index) => {
      const capturedMs = index * stepMs;
      const late = kind === 'audio' ? scene.audioLateMs : 0;
      return {
        kind,
        capturedMs,
        timestamp: stamp(scene, kind, capturedMs),
        arrivedMs: 1_000 + capturedMs + late + jitter(),
      };
    });
  return [...make('video', 1000 / 30), ...make('audio', 20)].toSorted((a, b) => a.arrivedMs - b.arrivedMs);
}

function stamp(scene: Scene, kind: TrackKind, capturedMs: number): number {
  if (kind === 'video') return (scene.videoStart + Math.round(capturedMs * 90)) >>> 0;
  return (scene.audioStart + Math.round(capturedMs * 48 * (1 + scene.audioPpm / 1e6))) >>> 0;
}

interface Placement extends Unit {
  readonly timeMs: number;
}

/** Runs the scene as the bridge does: in order per track, first video picture begins the epoch. */
function play(scene: Scene): Placement[] {
  const timeline = new Timeline({ video: 90_000, audio: 48_000 });
  const placements: Placement[] = [];
  const newest = { video: -1, audio: -1 };
  let begun = false;
  let reportedS = scene.reportsFromS - 1;
  for (const unit of unitsOf(scene)) {
    // Behind a reorder buffer a track's units come in order.
    if (unit.capturedMs < newest[unit.kind]) continue;
    newest[unit.kind] = unit.capturedMs;
    expect(timeline.observe(unit)).toBe(true);
    if (!begun && unit.kind === 'video') {
      timeline.begin(unit);
      begun = true;
    }
    const second = Math.floor(unit.arrivedMs / 1000);
    if (second > reportedS && second >= scene.reportsFromS) {
      reportedS = second;
      for (const kind of ['video', 'audio'] as const) {
        timeline.clock({
          kind,
          timestamp: stamp(scene, kind, unit.capturedMs),
          ntpMs: 3.9e12 + unit.capturedMs,
        });
      }
    }
    const placed = timeline.place(unit);
    if (placed) placements.push({ ...unit, timeMs: placed.timeMs });
  }
  return placements;
}

test('time starts at 0, never runs backwards, and never jumps', () => {
  fc.assert(
    fc.property(scene, (scene) => {
      const placements = play(scene);
      for (const kind of ['video', 'audio'] as const) {
        const track = placements.filter((unit) => unit.kind === kind);
        for (const [index, unit] of track.entries()) {
          const before = track[index - 1];
          if (!before) continue;
          const step = unit.timeMs - before.timeMs;
          const captured = unit.capturedMs - before.capturedMs;
          expect(step).toBeGreaterThan(0);
          // Slewing may take 2 %, the clocks' difference and rounding a trifle more.
          expect(Math.abs(step - captured)).toBeLessThanOrEqual(captured * 0.021 + 0.1);
        }
      }
      expect(placements.find((unit) => unit.kind === 'video')?.timeMs).toBe(0);
    }),
    { numRuns: 15 },
  );
});

test('lip sync: reports make both tracks agree on when they were captured; without, on when they arrived', () => {
  fc.assert(
    fc.property(scene, (scene) => {
      const placements = play(scene);
      const zero = placements.find((unit) => unit.kind === 'video')?.capturedMs ?? 0;
      const settled = placements.filter(
        (unit) => unit.kind === 'audio' && unit.capturedMs > durationMs - 5_000,
      );
      expect(settled.length).toBeGreaterThan(0);
      for (const unit of settled) expect(Math.abs(unit.timeMs - (unit.capturedMs - zero))).toBeLessThan(15);
    }),
    { numRuns: 15 },
  );
});

test('timestamps that break off are noticed', () => {
  fc.assert(
    fc.property(uint32, fc.integer({ min: 4_000, max: 1_000_000 }), fc.boolean(), (start, jumpMs, back) => {
      const timeline = new Timeline({ video: 90_000, audio: 48_000 });
      const unit = (timestamp: number, arrivedMs: number) => ({
        kind: 'video' as const,
        timestamp: timestamp >>> 0,
        arrivedMs,
      });
      expect(timeline.observe(unit(start, 0))).toBe(true);
      expect(timeline.observe(unit(start + 3000, 33))).toBe(true);
      expect(timeline.observe(unit(start + 3000 + jumpMs * (back ? -90 : 90), 66))).toBe(false);
      expect(timeline.observe(unit(start + 6000 + jumpMs * (back ? -90 : 90), 99))).toBe(true);
    }),
  );
});
