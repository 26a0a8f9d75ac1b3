import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { expect, test } from 'vitest';
import { opusConfig } from '#src/bridge/depacketise/opus.ts';
import { planFfmpeg } from '#src/bridge/profile.ts';
import { planSlate, slateSource } from '#src/bridge/slate-plan.ts';

const video = { codec: 'h264', width: 1281, height: 721, codecPrivate: new Uint8Array() } as const;
const live = planFfmpeg({
  ...{ video, audio: opusConfig, passthrough: true, opus: true },
  rungs: [{ rendition: 'v1', width: 640, height: 360, bitrateBps: 800_000 }],
  ...{ videoBitrateBps: 2_000_000, audioBitrateBps: 128_000 },
});

test('the setting means nothing, the card, or a file', () => {
  expect(slateSource('')).toBeUndefined();
  const card = slateSource('card');
  expect(card?.still).toBe(true);
  expect(existsSync(card?.path ?? '')).toBe(true);
  expect(slateSource('/srv/pause.JPG')).toEqual({ path: '/srv/pause.JPG', still: true });
  expect(slateSource('/srv/pause.mp4')).toEqual({ path: '/srv/pause.mp4', still: false });
});

test('what looks like an address or an option is a file all the same', () => {
  for (const setting of ['http://192.0.2.1/a.png', '-i', 'pipe:0', 'concat:a|b']) {
    const path = slateSource(setting)?.path ?? '';
    expect(isAbsolute(path)).toBe(true);
    expect(path).toBe(join(process.cwd(), setting));
  }
});

test('it has the renditions of the publisher, in their sizes, all made by x264 and with silence', () => {
  const source = { path: '/srv/pause.png', still: true };
  const { outputs, encoder } = planSlate({ source, live, segmentTargetMs: 2_000 });
  expect(outputs.map(({ rendition }) => rendition)).toEqual(['v0', 'v1', 'a0', 'a1']);
  const options = outputs.map((output) => output.options.join(' '));
  expect(options[0]).toContain('scale=1280:720:');
  expect(options[1]).toContain('scale=640:360:');
  for (const text of options.slice(0, 2)) {
    expect(text).toContain('-c:v libx264');
    expect(text).toContain('-force_key_frames expr:gte(t,n_forced*2)');
    expect(text).not.toContain('{');
  }
  expect(options[2]).toMatch(/anullsrc.*-map \[a0\] -c:a aac/);
  expect(options[3]).toMatch(/anullsrc.*-map \[a1\] -c:a opus/);
  expect(encoder?.name).toBe('software');
});

test('without x264 whoever encodes makes it', () => {
  const source = { path: '/srv/pause.png', still: true };
  const encoder = { name: 'vaapi', device: '/dev/dri/renderD128' } as const;
  const { input, outputs, encoder: used } = planSlate({ source, live, segmentTargetMs: 2_000, encoder });
  expect([input.slice(0, 2), used]).toEqual([['-vaapi_device', '/dev/dri/renderD128'], encoder]);
  expect(outputs[0]?.options.join(' ')).toMatch(/realtime,format=nv12,hwupload.* -c:v h264_vaapi /);
});

test('FFmpeg may open files and nothing else for it', () => {
  for (const still of [true, false]) {
    const { input } = planSlate({ source: { path: '/a', still }, live, segmentTargetMs: 2_000 });
    expect(input[input.indexOf('-protocol_whitelist') + 1]).toBe('file,pipe');
    expect(input.includes('-stream_loop')).toBe(!still);
  }
});

test('it has all of the sounds, by their names, each silent in its codec', () => {
  const sounds = [0, 1].map((index) => ({ index, name: `S${String(index)}`, language: 'de' }));
  const two = planFfmpeg({
    ...{ video, audio: opusConfig, passthrough: true, opus: true, sounds },
    ...{ videoBitrateBps: 2_000_000, audioBitrateBps: 128_000 },
  });
  const source = { path: '/srv/pause.png', still: true };
  const { outputs } = planSlate({ source, live: two, segmentTargetMs: 2_000 });
  const told = outputs.slice(1).map(({ rendition, sound, options }) => {
    return [rendition, sound?.name, options[options.indexOf('-c:a') + 1]];
  });
  expect(told).toEqual([
    ['a0', 'S0', 'aac'],
    ['a1', 'S0', 'opus'],
    ['a2', 'S1', 'aac'],
    ['a3', 'S1', 'opus'],
  ]);
});
