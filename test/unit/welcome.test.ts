import { expect, test } from 'vitest';
import { welcomeText } from '#src/welcome.ts';

const bases = { server: 'http://localhost:8080', hls: 'https://cdn.example.org' };
const found = { found: { path: 'ffmpeg', version: '5.1' } };
const app = {
  rtcPorts: [8189],
  addresses: ['192.0.2.1', '127.0.0.1'],
  ffmpeg: found,
  guarded: false,
  exposed: false,
};

test('names where to publish as OBS asks for it, where to watch, the API and the media port', () => {
  const text = welcomeText(app, { bases, demo: undefined });
  for (const words of [
    'Service: WHIP',
    'Server: http://localhost:8080/whip/live',
    'Bearer Token: (leave empty)',
    'http://localhost:8080/publish/live',
    'http://localhost:8080/watch/live',
    'https://cdn.example.org/hls/live/index.m3u8',
    'http://localhost:8080/dashboard',
    'http://localhost:8080/api/streams',
    'UDP port 8189 at 192.0.2.1, 127.0.0.1',
  ])
    expect(text).toContain(words);
  expect(text).not.toMatch(/demo/i);
});

test('says who gets in, and how that is changed', () => {
  const text = (more: Partial<typeof app>): string =>
    welcomeText({ ...app, ...more }, { bases, demo: undefined });
  expect(text({})).toContain('Only this machine gets in');
  expect(text({})).toContain('FRONTROW_AUTH__ALLOW_OPEN=true');
  expect(text({ exposed: true })).toContain('nobody is asked for a key');
  expect(text({ exposed: true, guarded: true })).toContain('keys and tokens are asked for');
  expect(text({ guarded: true })).toContain('Bearer Token: (a stream key)');
});

test('names all UDP ports', () => {
  const media = (rtcPorts: readonly number[]): string =>
    /UDP .* at/.exec(welcomeText({ ...app, rtcPorts }, { bases, demo: undefined }))?.[0] ?? '';
  expect(media([8189, 8190, 8191])).toBe('UDP ports 8189 to 8191 at');
  expect(media([40_001, 39_000])).toBe('UDP ports 40001, 39000 at');
});

test('the demo stream comes first', () => {
  const text = welcomeText(app, { bases, demo: 'demo' });
  expect(text.indexOf('http://localhost:8080/watch/demo')).toBeGreaterThan(0);
  expect(text.indexOf('/watch/demo')).toBeLessThan(text.indexOf('/whip/live'));
});

test('without FFmpeg it says what is missing and promises no demo', () => {
  const text = welcomeText(
    { ...app, ffmpeg: { problem: 'install FFmpeg with: X' } },
    { bases, demo: 'demo' },
  );
  expect(text).toContain('No LL-HLS: install FFmpeg with: X');
  expect(text).not.toContain('/watch/demo');
  expect(text).not.toContain('index.m3u8');
  expect(text).toContain('http://localhost:8080/publish/demo');
});
