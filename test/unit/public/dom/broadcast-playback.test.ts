import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { BroadcastOptions } from '#public/player/broadcast-options.ts';
import { openBroadcast } from '#public/player/broadcast-playback.ts';
import { NativeHlsPlayback } from '#public/player/native-hls-playback.ts';
import type { TierPlayback } from '#public/player/tier.ts';
import { ServerClock } from '#public/shared/server-clock.ts';
import { TokenHolder } from '#public/shared/token.ts';
import { FakeVideo } from './fake-video.ts';

const url = 'https://gateway.example/hls/talk/index.m3u8';
const pass = {
  url: 'https://gateway.example/hls/t/1.k1.aa/talk/index.m3u8',
  expiresAt: '2026-03-01T12:10:00.000Z',
};
const signal = new AbortController().signal;
/** hls.js where there is no Media Source. */
const withoutMediaSource = (): Promise<never> =>
  Promise.resolve({ default: { isSupported: () => false } } as never);

beforeEach(() => void vi.stubGlobal('HTMLMediaElement', { HAVE_CURRENT_DATA: 2 }));
afterEach(() => void vi.unstubAllGlobals());

function open(video: FakeVideo, options: Partial<BroadcastOptions>): Promise<TierPlayback> {
  const whole = { video: video.element, url, clock: new ServerClock(), timeoutMs: 20_000, ...options };
  video.onSource = () => queueMicrotask(() => video.show());
  return openBroadcast(whole, signal, withoutMediaSource);
}

describe('without Media Source', () => {
  it('the browser’s own player gets the URL with the pass', async () => {
    const video = new FakeVideo();
    const playback = await open(video, { token: new TokenHolder('secret'), pass });
    expect(playback).toBeInstanceOf(NativeHlsPlayback);
    expect(video.src).toBe(pass.url);
    await playback.close();
  });

  it('or the plain URL where nobody asks', async () => {
    const video = new FakeVideo();
    const playback = await open(video, {});
    expect(video.src).toBe(url);
    await playback.close();
  });

  it('is refused with a reason where a token is needed and no pass was given', async () => {
    const video = new FakeVideo();
    await expect(open(video, { token: new TokenHolder('secret') })).rejects.toMatchObject({
      code: 'native-hls-token',
    });
    expect(video.src).toBe('');
  });

  it('and where the browser has no player', async () => {
    await expect(open(new FakeVideo(''), { pass })).rejects.toThrow('neither Media Source nor HLS');
  });
});
