import { expect, test } from 'vitest';
import { msToNtpShort, ntpHigh, ntpLow, ntpMiddle, ntpShortToMs, ntpToMs } from '#src/rtp/ntp.ts';

test('1970 is 2208988800 s after 1900, half a second is half of 2^32', () => {
  expect(ntpHigh(500)).toBe(2_208_988_800);
  expect(ntpLow(500)).toBe(0x8000_0000);
});

test('there and back, to a thousandth of a millisecond', () => {
  for (const wallMs of [0, 1_792_000_000_123.25, 2_085_978_495_999.999, 2_085_978_496_000.5]) {
    expect(ntpToMs(ntpHigh(wallMs), ntpLow(wallMs))).toBeCloseTo(wallMs, 3);
  }
});

test('the middle bits are seconds and fraction in 16.16', () => {
  expect(ntpMiddle(0x1234_5678, 0x9abc_def0)).toBe(0x5678_9abc);
  expect(ntpShortToMs(65_536)).toBe(1000);
  expect(msToNtpShort(250)).toBe(16_384);
  expect(msToNtpShort(-1)).toBe(0);
  expect(msToNtpShort(1e12)).toBe(0xffff_ffff);
});
