import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { NativeHlsPlayback } from '#public/player/native-hls-playback.ts';
import { ServerClock } from '#public/shared/server-clock.ts';
import { FakeVideo } from './fake-video.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');
const url = 'https://gateway.example/hls/t/1.k1.aa/talk/index.m3u8';
const signal = new AbortController().signal;
const patience = { timeoutMs: 20_000 };

/** The gateway's clock is an hour ahead of this device's. */
function clockAhead(): ServerClock {
  const clock = new ServerClock();
  clock.read({ dateMs: nowMs + 3_600_000, askedMs: nowMs + 500, answeredMs: nowMs + 500 });
  return clock;
}

async function opened(
  video: FakeVideo,
  more: Partial<Parameters<typeof NativeHlsPlayback.open>[0]> = {},
): Promise<NativeHlsPlayback> {
  const options = { ...patience, video: video.element, url, clock: new ServerClock(), ...more };
  const opening = NativeHlsPlayback.open(options, signal);
  video.show();
  return opening;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  vi.setSystemTime(nowMs);
  vi.stubGlobal('HTMLMediaElement', { HAVE_CURRENT_DATA: 2 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the browser’s own HLS player', () => {
  it('plays what its URL leads to and tells what it counts', async () => {
    const video = new FakeVideo();
    const playback = await opened(video, { clock: clockAhead() });
    expect(video.src).toBe(url);
    video.dispatchEvent(new Event('waiting'));
    const stats = await playback.stats();
    expect(stats).toMatchObject({ tier: 'broadcast', stalls: 1, framesDropped: 3, width: 640 });
    // It plays what was stamped two seconds after 1970, and the gateway's clock counts.
    expect(Math.abs((stats.latency?.ms ?? 0) - (nowMs + 3_600_000 - 2_000))).toBeLessThanOrEqual(1_000);
    await playback.close();
    expect([video.src, video.loads]).toEqual(['', 1]);
    expect(await playback.ended).toEqual({ why: 'over', detail: 'Stopped.' });
  });

  it('tells why it broke, before its first frame and after it', async () => {
    const early = new FakeVideo();
    const opening = NativeHlsPlayback.open(
      { ...patience, video: early.element, url, clock: new ServerClock() },
      signal,
    );
    early.dispatchEvent(new Event('error'));
    await expect(opening).rejects.toThrow('the file is not there');
    expect(early.src).toBe('');

    const late = new FakeVideo();
    const playback = await opened(late);
    late.dispatchEvent(new Event('error'));
    expect(await playback.ended).toEqual({ why: 'lost', detail: 'the file is not there' });
  });

  it('asks for a successor before its pass ends by the gateway’s clock, and again while none comes', async () => {
    const expiresAt = new Date(nowMs + 3_600_000 + 600_000).toISOString();
    const playback = await opened(new FakeVideo(), { pass: { url, expiresAt }, clock: clockAhead() });
    await vi.advanceTimersByTimeAsync(290_000);
    expect(playback.news.state.endsSoon).toBe(false);
    await vi.advanceTimersByTimeAsync(200_000);
    expect(playback.news.state.endsSoon).toBe(true);
    playback.news.tell({ endsSoon: false });
    await vi.advanceTimersByTimeAsync(110_000);
    expect(playback.news.state.endsSoon).toBe(true);
    await playback.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks for none without a pass', async () => {
    const playback = await opened(new FakeVideo());
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(playback.news.state.endsSoon).toBe(false);
  });
});
