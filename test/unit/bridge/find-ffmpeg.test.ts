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
  expect(found.software).toContain('software');
});

test('a missing one is named with the remedy', async () => {
  await expect(findFfmpeg(join(folder, 'nowhere'), signal)).rejects.toMatchObject({
    name: 'Failure',
    code: 'ffmpeg-missing',
    message: expect.stringContaining('apt-get update && apt-get install -y ffmpeg') as string,
  });
});

test('one that may not be executed, or is a folder, gets advice that fits', async () => {
  const path = await impostor('plain', 'ffmpeg version 7.1');
  await chmod(path, 0o644);
  await expect(findFfmpeg(path, signal)).rejects.toMatchObject({
    code: 'ffmpeg-missing',
    message: expect.stringMatching(/not executable.*chmod \+x .*plain$/) as string,
  });
  await expect(findFfmpeg(folder, signal)).rejects.toMatchObject({
    code: 'ffmpeg-missing',
    message: expect.stringContaining('is a folder') as string,
  });
});

test('one that breaks at once is told with its own words', async () => {
  const path = join(folder, 'broken');
  await writeFile(path, '#!/bin/sh\necho "libx264.so.164: cannot open shared object file" >&2\nexit 127\n');
  await chmod(path, 0o755);
  await expect(findFfmpeg(path, signal)).rejects.toMatchObject({
    code: 'ffmpeg-missing',
    message: expect.stringMatching(/does not run \(libx264.*cannot open.*apt-get/) as string,
  });
});

test('a build without libx264 is one, of which is said that it has none', async () => {
  const path = join(folder, 'bare-build');
  await writeFile(path, '#!/bin/bash\nffmpeg "$@" | grep -v libx264\n');
  await chmod(path, 0o755);
  expect(await findFfmpeg(path, signal)).toMatchObject({ path, software: [] });
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
      message: expect.stringMatching(/aac.*setts.*cmaf/) as string,
    });
  },
);

test('it can be called off', async () => {
  await expect(findFfmpeg('', AbortSignal.abort())).rejects.toThrow();
});
