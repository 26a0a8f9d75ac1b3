import { expect, test } from 'vitest';
import type { Track } from '#src/core/media.ts';
import type { AccessUnit } from '#src/bridge/depacketise/unit.ts';
import { bySize, LayerTrack } from '#src/bridge/layers/layer-track.ts';
import { sideLayers } from '#src/bridge/layers/side-layer.ts';

const track: Track = {
  ...{ kind: 'video', codec: 'h264', clockRateHz: 90_000, fmtp: '' },
  rids: ['f', 'h'],
};
const sets = {
  f: ['6742c01fda014016ec0440000003004000000f03c60ca8', '68ce0fc8'],
  h: ['6742c01eda0280bfe5c044000003000400000300f03c58ba80', '68ce0fc8'],
} as const;

function layerTrack(rid: 'f' | 'h'): {
  readonly layer: LayerTrack;
  readonly keyframe: (timestamp: number, arrivedMs: number) => void;
} {
  const layer = new LayerTrack(track, track.rids.indexOf(rid), {
    holdMs: 100,
    events: { picture: (one, unit) => one.wait(unit), damaged: () => undefined },
  });
  let sequence = 1_000;
  const keyframe = (timestamp: number, arrivedMs: number): void => {
    for (const hex of [...sets[rid], '65888400104f']) {
      const payload = Buffer.from(hex, 'hex');
      const marker = hex.startsWith('65');
      const names = { kind: 'video', codec: 'h264', layer: layer.layer, keyframe: true } as const;
      layer.push({ ...names, sequence: (sequence += 1), timestamp, marker, payload, arrivedMs }, arrivedMs);
    }
  };
  return { layer, keyframe };
}

test('knows its size, its rate and its rid', () => {
  const { layer, keyframe } = layerTrack('h');
  expect([layer.rid, layer.pixels, layer.config]).toEqual(['h', 0, undefined]);
  layer.expire(0);
  keyframe(0, 10);
  layer.expire(1_000);
  expect(layer.config).toMatchObject({ width: 640, height: 360 });
  expect(layer.bitrateBps).toBe(35 * 8);
  layer.expire(1_500);
  layer.expire(2_000);
  expect(layer.bitrateBps).toBeCloseTo(35 * 8 * 0.6);
  expect(bySize([layer, layerTrack('f').layer])[0]).toBe(layer);
});

test('is tied by arrivals first; sender reports that say otherwise loosen it, and tie it right', () => {
  const { layer: leader, keyframe: lead } = layerTrack('f');
  const { layer, keyframe } = layerTrack('h');
  leader.lock.tie(0);
  expect(layer.pairWith(leader)).toBe(false);
  lead(90_000, 1_000);
  keyframe(5_000, 1_100);
  expect(layer.pairWith(leader)).toBe(true);
  expect(layer.lock.offset).toBe(85_000);
  expect(layer.keyframeAt(90_000)).toBe(0);
  expect(layer.keyframeAt(93_000)).toBe(-1);
  expect(layer.inCommon(layer.waiting[0] as AccessUnit).timestamp).toBe(90_000);
  // The leader's picture was captured 150 ms sooner.
  leader.report(90_000, 50_000);
  layer.doubt(leader);
  expect(layer.lock.offset).toBe(85_000);
  layer.report(5_000, 50_150);
  layer.doubt(leader);
  expect(layer.lock.offset).toBeUndefined();
  keyframe(95_000, 2_100);
  // By the reports it is 5 ms from the layer's.
  lead(193_500 - 450, 2_100);
  expect(layer.pairWith(leader)).toBe(true);
  expect(layer.lock.offset).toBe(98_050);
});

test('a successor that was never tied takes the count over by the clocks', () => {
  const { layer: leader, keyframe: lead } = layerTrack('f');
  const { layer, keyframe } = layerTrack('h');
  leader.lock.tie(500);
  lead(90_000, 1_000);
  keyframe(5_000, 2_000);
  layer.succeed(leader);
  // A second behind the leader's picture, which stands at 90500.
  expect((layer.lock.offset ?? 0) + 5_000).toBe(180_500);
  layer.succeed(leader);
  expect((layer.lock.offset ?? 0) + 5_000).toBe(180_500);
});

test('what waits is bounded, and begins with a keyframe as long as nothing ties it', () => {
  const { layer } = layerTrack('h');
  const picture = (keyframe: boolean): AccessUnit => {
    const content = { chunks: [], sizeBytes: 0, config: undefined };
    return { kind: 'video', timestamp: 0, arrivedMs: 0, keyframe, ...content };
  };
  layer.wait(picture(false));
  expect(layer.waiting).toHaveLength(0);
  layer.wait(picture(true));
  layer.wait(picture(false));
  layer.wait(picture(true));
  expect(layer.waiting).toHaveLength(1);
  for (let index = 0; index < 1_000; index += 1) layer.wait(picture(false));
  expect(layer.waiting.length).toBeLessThanOrEqual(120);
});

test('as a rung it says why it cannot be one, the plainest reason first', () => {
  const { layer, keyframe } = layerTrack('h');
  const at = { nowMs: 10_000, newestMs: 10_000, beganMs: 5_001 };
  expect(sideLayers([layer], at)).toEqual({ seen: [], awaited: 1 });
  expect(sideLayers([layer], { ...at, beganMs: 5_000 }).awaited).toBe(0);
  keyframe(0, 10_000);
  const problem = (): string | undefined => sideLayers([layer], at).seen[0]?.problem;
  expect(problem()).toBe('the publisher does not send it now');
  layer.lastMs = 10_000;
  expect(problem()).toMatch(/not of the same pictures/);
  layer.lock.tie(0);
  layer.steadiness.well(9_500);
  expect(problem()).toBe('it has not been there for long enough');
  layer.steadiness.trust();
  expect(sideLayers([layer], at)).toMatchObject({
    seen: [{ layer: 1, rid: 'h', reorderDepth: 0, problem: undefined }],
    awaited: 0,
  });
});
