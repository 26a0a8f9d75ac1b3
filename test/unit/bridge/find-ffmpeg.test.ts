import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { findFfmpeg } from '#src/bridge/find-ffmpeg.ts';

// A loaded machine takes its time to start programs.
vi.setConfig({ testTimeout: 60_000 });

const { signal } = new AbortController();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'find-ffmpeg-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function impostor(name: string, banner: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\necho '${banner}'\n`);
  await chmod(path, 0o755);
  return path;
}

test('the FFmpeg on the PATH has what is needed', async () => {
  const found = await findFfmpeg('', signal);
  expect(found.path).toBe('ffmpeg');
  expect(found.version).toMatch(/\d/);
});

test('a missing one is named with the remedy', async () => {
  await expect(findFfmpeg(join(folder, 'nowhere'), signal)).rejects.toMatchObject({
    name: 'Failure',
    code: 'ffmpeg-missing',
    message: expect.stringContaining('apt-get update && apt-get install -y ffmpeg') as string,
  });
});

test.each(['ffmpeg version 4.4.2-0ubuntu', 'ffmpeg version n5.0.1', 'something else'])(
  '"%s" is too old',
  async (banner) => {
    const path = await impostor('old', banner);
    await expect(findFfmpeg(path, signal)).rejects.toMatchObject({ code: 'ffmpeg-old' });
  },
);

test.each(['ffmpeg version 7.1', 'ffmpeg version N-120000-gabcdef', 'ffmpeg version 10.0'])(
  '"%s" is new enough, but lists nothing',
  async (banner) => {
    const path = await impostor('bare', banner);
    await expect(findFfmpeg(path, signal)).rejects.toMatchObject({
      code: 'ffmpeg-incomplete',
      message: expect.stringMatching(/libx264.*setts.*cmaf/) as string,
    });
  },
);

test('it can be called off', async () => {
  await expect(findFfmpeg('', AbortSignal.abort())).rejects.toThrow();
});
