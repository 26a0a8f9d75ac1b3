import { expect, test } from 'vitest';
import { software, type EncoderUse } from '#src/bridge/encoders.ts';
import { StreamEncoder } from '#src/bridge/encoders-stream.ts';

const nvenc: EncoderUse = { name: 'nvenc', device: '' };
const minuteMs = 60_000;

function stream(fallback: EncoderUse | 'none' = software): {
  readonly encoder: StreamEncoder;
  readonly doubted: EncoderUse[];
} {
  const doubted: EncoderUse[] = [];
  const encoder = new StreamEncoder({
    ...{ choose: () => nvenc, steady: fallback === 'none' ? undefined : fallback, lack: undefined },
    doubt: (use) => doubted.push(use),
  });
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
  expect(next?.name).toBe('software');
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

test('without another one the same goes on after a failure, and something else than x264 is called by its name', () => {
  const alone = stream('none').encoder;
  alone.failed(nvenc, 'No device', 0);
  expect(alone.choose(1)).toBe(nvenc);
  expect(alone.report(nvenc)?.problem).toBe('nvenc failed, there is no other: No device');
  const open: EncoderUse = { name: 'openh264', device: '' };
  const { encoder } = stream(open);
  encoder.failed(nvenc, 'No device', 0);
  expect([encoder.choose(1), encoder.steady]).toEqual([open, open]);
  expect(encoder.report(open)?.problem).toBe('nvenc failed, openh264 took over: No device');
});

test('where nothing can be encoded, that is reported of streams that are copied', () => {
  const lack = 'this FFmpeg has no libx264';
  const encoder = new StreamEncoder({
    ...{ choose: () => undefined, steady: undefined, lack },
    doubt: () => undefined,
  });
  expect([encoder.choose(0), encoder.steady, encoder.lack]).toEqual([undefined, undefined, lack]);
  expect(encoder.report(undefined)).toEqual({ name: 'none', problem: lack });
});
