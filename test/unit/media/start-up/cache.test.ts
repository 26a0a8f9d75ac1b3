import { describe, expect, it } from 'vitest';
import type { PayloadType } from '#src/core/media.ts';
import { IncomingLayer } from '#src/media/incoming-layer.ts';
import { StartUpCache } from '#src/media/start-up/cache.ts';
import type { StartUpSettings } from '#src/media/start-up/pace.ts';
import { PublisherClock } from '#src/sfu/source.ts';

const format: PayloadType = { payloadType: 96, codec: 'h264', clockRateHz: 90_000, fmtp: '' };
const settings: StartUpSettings = {
  cacheBytes: 8_000_000,
  cacheMs: 12_000,
  paceBps: 60_000_000,
  repairPatienceMs: 1_000,
};
/** First bytes of H.264 NAL units. */
const nal = { sps: 0x67, pps: 0x68, idr: 0x65, slice: 0x41 } as const;

function newLayer(): IncomingLayer {
  const track = {
    kind: 'video',
    mid: '0',
    payloads: [format],
    ssrcs: [],
    rids: [''],
    extensions: {},
    feedback: [],
  } as const;
  return new IncomingLayer({ track, layer: 0, ssrc: 1, format, clock: new PublisherClock() });
}

/** A layer that hands what it accepts to a cache. */
class Camera {
  readonly layer = newLayer();
  cache: StartUpCache | undefined;

  watch(changes: Partial<StartUpSettings> = {}): StartUpCache {
    return (this.cache = new StartUpCache(this.layer, { ...settings, ...changes }));
  }

  send(sequence: number, frame: number, unit: keyof typeof nal = 'slice', bytes = 100): void {
    const payload = new Uint8Array(bytes).fill(0x88);
    payload[0] = nal[unit];
    const packet = this.layer.accept({
      sequence,
      timestamp: 3_000 * frame,
      marker: unit === 'idr' || unit === 'slice',
      format,
      extensions: new Uint8Array(0),
      payload,
      packetBytes: bytes + 12,
      arrivedMs: frame * 33,
      isRepair: false,
    });
    if (packet !== undefined) this.cache?.note(packet);
  }

  keyframe(sequence: number, frame: number): void {
    for (const [index, unit] of (['sps', 'pps', 'idr'] as const).entries())
      this.send(sequence + index, frame, unit);
  }

  slices(from: number, count: number, firstFrame: number): void {
    for (let i = 0; i < count; i += 1) this.send(from + i, firstFrame + i);
  }
}

describe('StartUpCache', () => {
  it('begins with the parameter sets of the newest keyframe', () => {
    const camera = new Camera();
    const cache = camera.watch();
    camera.slices(70_000, 3, 1);
    expect(cache.isUsable(0)).toBe(false);
    camera.keyframe(70_003, 4);
    camera.slices(70_006, 30, 5);
    expect(cache).toMatchObject({ first: 70_003, packets: 33, bytes: 3_300 });
    expect(cache.spanMs).toBe(1_000);
    camera.keyframe(70_036, 35);
    expect(cache).toMatchObject({ first: 70_036, packets: 3, spanMs: 0 });
    expect(cache.isUsable(0)).toBe(true);
  });

  it('takes parameter sets that the picture overtook', () => {
    const camera = new Camera();
    const cache = camera.watch();
    camera.send(70_012, 4, 'idr');
    camera.send(70_011, 4, 'pps');
    camera.send(70_010, 4, 'sps');
    camera.send(70_009, 3);
    expect(cache).toMatchObject({ first: 70_010, packets: 3 });
  });

  it('finds the last keyframe of a layer that nobody watched', () => {
    const camera = new Camera();
    camera.keyframe(70_000, 0);
    camera.slices(70_003, 50, 1);
    camera.keyframe(70_053, 51);
    camera.slices(70_056, 50, 52);
    const cache = camera.watch();
    expect(cache).toMatchObject({ first: 70_053, packets: 53 });
    expect(cache.isUsable(0)).toBe(true);
    camera.slices(70_106, 10, 102);
    expect(cache.packets).toBe(63);
  });

  it('finds nothing where the keyframe was overwritten', () => {
    const camera = new Camera();
    camera.keyframe(70_000, 0);
    camera.slices(70_003, 4_200, 1);
    expect(camera.watch().isUsable(0)).toBe(false);
  });

  it('keeps more than a ring holds by itself, within its bounds', () => {
    const camera = new Camera();
    const cache = camera.watch({ cacheMs: 1_000_000 });
    camera.keyframe(70_000, 0);
    for (let i = 0; i < 6_000; i += 1) camera.send(70_003 + i, 1 + i, 'slice', 1_200);
    expect(cache.isUsable(0)).toBe(true);
    expect(camera.layer.ring?.get(70_000)?.keyframe).toBe(true);
    for (let i = 6_000; i < 7_000; i += 1) camera.send(70_003 + i, 1 + i, 'slice', 1_200);
    expect(cache).toMatchObject({ first: -1, packets: 0, bytes: 0, spanMs: 0 });
    expect(camera.layer.ring?.slabBytes).toBeLessThanOrEqual(8 * 1024 * 1024);
  });

  it('is of no use with a hole that nothing fills any more, until it is filled after all', () => {
    const camera = new Camera();
    const cache = camera.watch();
    camera.keyframe(70_000, 0);
    camera.slices(70_003, 5, 1);
    camera.slices(70_009, 5, 7);
    const behindHoleMs = 7 * 33;
    expect(cache.isUsable(behindHoleMs + 900)).toBe(true);
    expect(cache.isUsable(behindHoleMs + 1_100)).toBe(false);
    camera.send(70_008, 6);
    expect(cache.isUsable(behindHoleMs + 1_100)).toBe(true);
  });

  it('is of no use when the publisher was put aside', () => {
    const camera = new Camera();
    const cache = camera.watch();
    camera.keyframe(70_000, 0);
    camera.layer.release();
    expect(cache.isUsable(0)).toBe(false);
  });

  it('lets the ring go when it is closed', () => {
    const camera = new Camera();
    const cache = camera.watch();
    camera.keyframe(70_000, 0);
    cache.close();
    for (let i = 0; i < 6_000; i += 1) camera.send(70_003 + i, 1 + i, 'slice', 1_200);
    expect(camera.layer.ring?.slabBytes).toBe(4 * 1024 * 1024);
  });
});
