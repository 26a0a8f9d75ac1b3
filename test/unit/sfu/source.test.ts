import { describe, expect, test } from 'vitest';
import { ntpHigh, ntpLow } from '#src/rtp/ntp.ts';
import { PublisherClock } from '#src/sfu/source.ts';
import { audioSource, videoSource } from './publishing.ts';

const captureMs = 1_700_000_000_000;
const reportAt = (ntpMs: number, rtpTimestamp: number, arrivedWallMs: number) => ({
  ntpHigh: ntpHigh(ntpMs),
  ntpLow: ntpLow(ntpMs),
  rtpTimestamp,
  arrivedWallMs,
});

describe('PublisherClock', () => {
  test('knows nothing and assumes no offset until a report came; then the least delayed report counts', () => {
    const clock = new PublisherClock();
    expect(clock.offsetMs).toBe(0);
    clock.noteReport(1000, 1080);
    clock.noteReport(2000, 2030);
    clock.noteReport(3000, 3090);
    expect(clock.offsetMs).toBeCloseTo(-30, 0);
  });

  test('follows a clock that loses 100 parts per million over five hours without a step', () => {
    const clock = new PublisherClock();
    let worstMs = 0;
    for (let second = 0; second < 18_000; second += 1) {
      const delayMs = second % 7;
      const trueOffsetMs = -0.1 * second;
      const before = clock.offsetMs;
      clock.noteReport(second * 1000 + trueOffsetMs - delayMs, second * 1000);
      if (second > 0) worstMs = Math.max(worstMs, Math.abs(clock.offsetMs - before));
      expect(Math.abs(clock.offsetMs - trueOffsetMs)).toBeLessThan(8);
    }
    expect(worstMs).toBeLessThan(1);
  });

  test('follows a clock that was set back', () => {
    const clock = new PublisherClock();
    clock.noteReport(100_000, 1000);
    clock.noteReport(50_000, 2000);
    expect(clock.offsetMs).toBe(48_000);
  });
});

describe('Source', () => {
  test('extrapolates from its report in both directions', () => {
    const source = videoSource();
    source.noteReport(reportAt(captureMs, 0xffff_ff00, 5));
    expect(source.reportedNtpMs(0xffff_ff00 + 90_000)).toBeCloseTo(captureMs + 1000, 2);
    expect(source.reportedNtpMs(0xffff_ff00 - 900)).toBeCloseTo(captureMs - 10, 2);
  });

  test('a report without a wall clock is no report', () => {
    const source = videoSource();
    source.noteReport({ ntpHigh: 0, ntpLow: 0, rtpTimestamp: 5, arrivedWallMs: 0 });
    expect(source.reported).toBe(false);
    expect(source.reportedNtpMs(5)).toBeUndefined();
  });

  test('before a report the least delayed packet anchors the timeline', () => {
    const source = videoSource();
    expect(source.timestampAt(0, 0)).toBeUndefined();
    source.notePacket(0, 1040);
    source.notePacket(3000, 1045);
    source.notePacket(6000, 1110);
    expect(source.timestampAt(1045, 0)).toBe(3000);
    expect(source.timestampAt(2045, 0)).toBe(93_000);
  });

  test('the anchor follows a media clock that is slow, a little at a time', () => {
    const source = audioSource();
    for (let second = 0; second <= 60; second += 1) source.notePacket(second * 48_000, second * 1000.1);
    const wrongMs = ((source.timestampAt(60_006, 0) ?? 0) - 60 * 48_000) / 48;
    expect(Math.abs(wrongMs)).toBeLessThan(2);
  });

  test('a lone report stays good over more hours than 32 bits of timestamp hold', () => {
    const source = videoSource();
    source.noteReport(reportAt(captureMs, 0, 0));
    const hours = 40;
    for (let hour = 1; hour <= hours; hour += 1)
      source.notePacket((hour * 3600 * 90_000) >>> 0, hour * 3_600_000);
    const timestamp = (hours * 3600 * 90_000) >>> 0;
    expect(source.reportedNtpMs(timestamp)).toBeCloseTo(captureMs + hours * 3_600_000, 0);
  });
});
