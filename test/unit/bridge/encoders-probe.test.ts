import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { hardwareEncoders, software } from '#src/bridge/encoders.ts';
import { probeEncoder } from '#src/bridge/encoders-probe.ts';
import { pretender } from './pretenders.ts';

// A loaded machine takes its time to start programs.
vi.setConfig({ testTimeout: 60_000 });

const { signal } = new AbortController();
const nvenc = { name: 'nvenc', device: '' } as const;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'encoders-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A trial with all the time that a loaded machine may need. */
function tried(path: string, use: Parameters<typeof probeEncoder>[1]): Promise<string | undefined> {
  return probeEncoder(path, use, signal, 50_000);
}

test('x264 passes the trial', async () => {
  expect(await tried('ffmpeg', software)).toBeUndefined();
});

test.each([...hardwareEncoders, 'openh264' as const])('what works like %s passes it', async (name) => {
  const path = await pretender(join(folder, `like-${name}`));
  expect(await tried(path, { name, device: '/dev/null' })).toBeUndefined();
});

test('without a device the reason is what FFmpeg says first', async () => {
  const path = join(folder, 'deviceless');
  const script =
    '#!/bin/sh\necho "[h264_nvenc @ 0x5581] Cannot load libcuda.so.1" >&2\necho "Error while opening" >&2\nexit 1\n';
  await writeFile(path, script);
  await chmod(path, 0o755);
  expect(await tried(path, nvenc)).toBe('Cannot load libcuda.so.1');
});

test('this FFmpeg without that hardware says no by itself', async () => {
  const reason = await tried('ffmpeg', { name: 'vaapi', device: '/dev/dri/no-such-device' });
  expect(reason).toMatch(/\S/);
  expect(reason).not.toMatch(/^\[/);
});

test('this FFmpeg without that encoder is told of', async () => {
  const path = await pretender(join(folder, 'unbuilt'), {
    first: 'echo "Unrecognized option \'zerolatency\'." >&2; exit 1',
  });
  expect(await tried(path, nvenc)).toMatch(/^this FFmpeg has no h264_nvenc/);
});

test('one that makes no keyframes where they are asked for cannot keep rungs in step', async () => {
  const path = await pretender(join(folder, 'deaf'), { deafTo: '-force_key_frames' });
  expect(await tried(path, nvenc)).toBe('it does not put keyframes where they are asked for');
});

test('one that ends early is told by its number of pictures', async () => {
  const path = await pretender(join(folder, 'short'), {
    first: 'for i in "${!out[@]}"; do [ "${out[$i]}" = 12 ] && out[$i]=5; done',
  });
  expect(await tried(path, nvenc)).toBe('it made 5 pictures of 12');
});

test('one that hangs is not waited for', async () => {
  const path = await pretender(join(folder, 'hangs'), { first: 'exec sleep 30' });
  expect(await probeEncoder(path, nvenc, signal)).toBe('it gave nothing within 2 s');
});

test('a program that is not there is a reason, too', async () => {
  expect(await probeEncoder(join(folder, 'nowhere'), nvenc, signal)).toMatch(/No such file/);
});

test('it can be called off', async () => {
  expect(await probeEncoder('ffmpeg', software, AbortSignal.abort())).toMatch(/\S/);
});
