import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

import { until } from '#test/kit/wait.ts';

it('a start that is called off ends quietly', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'called-off-'));
  // The start looks at FFmpeg; this one says that it was asked, and nothing else for a long time.
  const ffmpeg = join(folder, 'ffmpeg');
  await writeFile(ffmpeg, `#!/bin/sh\ntouch '${folder}/asked'\nexec sleep 60\n`);
  await chmod(ffmpeg, 0o755);
  const gateway = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/main.ts'], {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      FRONTROW_HTTP__PORT: '0',
      FRONTROW_RTC__PORT: '0',
      FRONTROW_BRIDGE__FFMPEG_PATH: ffmpeg,
    },
  });
  try {
    let said = '';
    for (const pipe of [gateway.stdout, gateway.stderr])
      pipe.setEncoding('utf8').on('data', (text: string) => (said += text));
    const isAsked = async (): Promise<boolean> => {
      if (gateway.exitCode !== null) throw new Error(`the gateway ended by itself: ${said}`);
      return stat(join(folder, 'asked')).then(
        () => true,
        () => false,
      );
    };
    await until('FFmpeg was asked', isAsked, { timeoutMs: 30_000 });
    const ended = once(gateway, 'exit');
    gateway.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(said).toBe('');
  } finally {
    gateway.kill('SIGKILL');
    await rm(folder, { recursive: true });
  }
});
