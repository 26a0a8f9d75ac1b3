import { expect, test } from 'vitest';
import type { EncoderUse } from '#src/bridge/encoders.ts';
import { StreamEncoder } from '#src/bridge/encoders-stream.ts';

const nvenc: EncoderUse = { name: 'nvenc', device: '' };
const minuteMs = 60_000;

function stream(): { readonly encoder: StreamEncoder; readonly doubted: EncoderUse[] } {
  const doubted: EncoderUse[] = [];
  const encoder = new StreamEncoder({ choose: () => nvenc, doubt: (use) => doubted.push(use) });
  return { encoder, doubted };
}

test('it takes what there is, and tells who encodes', () => {
  const { encoder } = stream();
  expect(encoder.choose(0)).toBe(nvenc);
  expect(encoder.report(nvenc)).toEqual({ name: 'nvenc' });
  expect(encoder.report(undefined)).toBeUndefined();
});

test('after a failure x264 takes over for a while, and the reason stays to be read', () => {
  const { encoder, doubted } = stream();
  encoder.failed(encoder.choose(0), 'No device', 0);
  expect(doubted).toEqual([nvenc]);
  const next = encoder.choose(minuteMs);
  expect(next.name).toBe('software');
  expect(encoder.report(next)).toEqual({
    name: 'software',
    problem: 'nvenc failed, x264 took over: No device',
  });
  expect(encoder.choose(11 * minuteMs)).toBe(nvenc);
  expect(encoder.report(nvenc)).toEqual({ name: 'nvenc' });
});

test('a copy or x264 that ends says nothing against the hardware', () => {
  const { encoder, doubted } = stream();
  encoder.failed(undefined, 'killed', 0);
  encoder.failed({ name: 'software', device: '' }, 'killed', 0);
  expect(doubted).toEqual([]);
  expect(encoder.choose(1)).toBe(nvenc);
});
