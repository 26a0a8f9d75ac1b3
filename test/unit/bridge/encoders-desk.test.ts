import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '#src/core/log.ts';
import { EncoderDesk, type EncoderWish } from '#src/bridge/encoders-desk.ts';
import type { EncoderUse, SoftwareEncoder } from '#src/bridge/encoders.ts';

const nvenc: EncoderUse = { name: 'nvenc', device: '/dev/nvenc' };

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A machine with these devices, on which each trial ends as `verdict` says. */
function machine(
  wish: EncoderWish,
  devices: readonly string[],
  verdict: (use: EncoderUse) => string | undefined,
  software?: readonly SoftwareEncoder[],
) {
  const tried: string[] = [];
  const desk = new EncoderDesk(wish, {
    log: silentLog,
    probe: (use) => {
      tried.push(use.name);
      return Promise.resolve(verdict(use));
    },
    deviceOf: (name) => ({ device: `/dev/${name}`, absent: devices.includes(name) ? undefined : 'none' }),
    ...(software && { software }),
  });
  return { desk, tried };
}

test('x264 encodes until a trial has found better', async () => {
  const { desk } = machine('auto', ['vaapi', 'nvenc'], () => undefined);
  expect(desk.choose()?.name).toBe('software');
  expect(desk.report.find(({ name }) => name === 'nvenc')).toEqual({
    name: 'nvenc',
    works: null,
    reason: null,
  });
  await desk.settled;
  expect(desk.choose()).toEqual({ name: 'nvenc', device: '/dev/nvenc' });
  desk[Symbol.dispose]();
});

test('no process is started for what the machine has no device for, and the report says so', async () => {
  const { desk, tried } = machine('auto', ['v4l2m2m'], () => undefined);
  await desk.settled;
  expect(tried).toEqual(['v4l2m2m']);
  expect(desk.report.find(({ name }) => name === 'qsv')).toEqual({
    name: 'qsv',
    works: false,
    reason: 'none',
  });
  desk[Symbol.dispose]();
});

test('one that is wished for by name is tried in any case, alone, and x264 stands behind it', async () => {
  const { desk, tried } = machine('qsv', ['nvenc'], () => 'no session');
  await desk.settled;
  expect(tried).toEqual(['qsv']);
  expect(desk.report).toEqual([{ name: 'qsv', works: false, reason: 'none; no session' }]);
  expect(desk.choose()?.name).toBe('software');
  desk[Symbol.dispose]();
});

test('software means that nothing is looked for', () => {
  const { desk, tried } = machine('software', ['nvenc'], () => undefined);
  expect(tried).toEqual([]);
  expect(desk.report).toEqual([]);
  expect(desk.choose()?.name).toBe('software');
  desk[Symbol.dispose]();
});

test('one that failed in a stream is tried again at once, and later when that fails, too', async () => {
  let broken = false;
  const { desk, tried } = machine('nvenc', ['nvenc'], () => (broken ? 'the driver is gone' : undefined));
  await desk.settled;
  broken = true;
  desk.doubt(nvenc);
  desk.doubt({ name: 'nvenc', device: '' });
  await vi.advanceTimersByTimeAsync(0);
  expect(tried).toHaveLength(2);
  expect(desk.choose()?.name).toBe('software');
  expect(desk.report[0]?.reason).toBe('the driver is gone');
  broken = false;
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(desk.choose()?.name).toBe('nvenc');
  desk[Symbol.dispose]();
});

test('nothing is tried after the end', async () => {
  const { desk, tried } = machine('nvenc', ['nvenc'], () => undefined);
  await desk.settled;
  desk.doubt(nvenc);
  desk[Symbol.dispose]();
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(tried).toHaveLength(2);
});

test('without x264 hardware encodes, and nothing before it has been tried; the lack is told until then', async () => {
  const { desk } = machine('auto', ['nvenc'], () => undefined, []);
  expect([desk.choose(), desk.steady]).toEqual([undefined, undefined]);
  expect(desk.lack).toBe('this FFmpeg has no libx264; other encoders are being tried');
  await desk.settled;
  expect([desk.choose(), desk.steady, desk.lack]).toEqual([nvenc, undefined, undefined]);
  desk[Symbol.dispose]();
});

test('without x264 what is in its place is tried, and taken behind hardware', async () => {
  const { desk, tried } = machine('software', ['nvenc'], () => undefined, ['openh264']);
  await desk.settled;
  expect([tried, desk.choose()?.name, desk.steady?.name, desk.lack]).toEqual([
    ...[['openh264'], 'openh264', 'openh264', undefined],
  ]);
  desk[Symbol.dispose]();
  const both = machine('auto', ['nvenc'], () => undefined, ['openh264']);
  await both.desk.settled;
  expect([both.desk.choose()?.name, both.desk.steady?.name]).toEqual(['nvenc', 'openh264']);
  both.desk[Symbol.dispose]();
});

test('where nothing encodes, the desk says what helps, and tries again before long', async () => {
  let reason: string | undefined = 'no driver';
  const { desk } = machine('auto', ['nvenc'], () => reason, ['openh264']);
  await desk.settled;
  expect(desk.choose()).toBeUndefined();
  expect(desk.lack).toMatch(/no libx264, and no other encoder works; install/);
  reason = undefined;
  await vi.advanceTimersByTimeAsync(60_000);
  expect([desk.choose()?.name, desk.lack]).toEqual(['nvenc', undefined]);
  desk[Symbol.dispose]();
});

test('x264 that is there leaves others in software alone', async () => {
  const { desk, tried } = machine('software', [], () => undefined, ['software', 'openh264']);
  await desk.settled;
  expect([tried, desk.choose()?.name, desk.lack]).toEqual([[], 'software', undefined]);
  desk[Symbol.dispose]();
});
