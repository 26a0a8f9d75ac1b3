import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import type { TrackKind } from '#src/core/media.ts';
import { demoConfig } from '#src/demo/config.ts';
import { Generator, drawingTools } from '#src/demo/generator.ts';
import { until } from '#test/kit/wait.ts';

// A loaded machine takes its time to start programs.
vi.setConfig({ testTimeout: 60_000 });

const config = demoConfig.parse({ videoBitrateBps: 300_000 });
const { signal } = new AbortController();

test('drawing text is tried out, and a missing program draws none', async () => {
  expect(typeof (await drawingTools('ffmpeg', signal)).text).toBe('boolean');
  expect(await drawingTools('/nowhere/ffmpeg', signal)).toEqual({ text: false });
});

test.each([true, false])(
  'makes RTP of both kinds (text: %s), and begins with parameter sets',
  async (text) => {
    const seen: Record<TrackKind, Buffer[]> = { video: [], audio: [] };
    const both = Promise.withResolvers<undefined>();
    await using generator = await Generator.open(
      {
        ffmpegPath: 'ffmpeg',
        tools: { text },
        sink: (kind, packet) => {
          seen[kind].push(packet);
          if (seen.video.length > 2 && seen.audio.length > 2) both.resolve(undefined);
        },
      },
      config,
      signal,
    );
    await Promise.race([
      both.promise,
      generator.closed.then((reason) => Promise.reject(new Error(JSON.stringify(reason)))),
    ]);
    // An SPS alone or in front of an aggregate.
    const nal = seen.video[0]?.[12] ?? 0;
    expect([7, 24]).toContain(nal & 31);
  },
  30_000,
);

test('a program that ends at once is told', async () => {
  await using generator = await Generator.open(
    { ffmpegPath: '/bin/false', tools: { text: false }, sink: () => undefined },
    config,
    signal,
  );
  expect(await generator.closed).toMatchObject({ by: 'failure' });
});

test.runIf(process.platform === 'linux')('FFmpeg ends with a gateway that is killed', async () => {
  const program = `
    import { Generator } from '#src/demo/generator.ts';
    const sink = () => console.log('packet');
    const request = { ffmpegPath: 'ffmpeg', tools: { text: false }, sink };
    await Generator.open(request, ${JSON.stringify(config)}, new AbortController().signal);`;
  const gateway = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('../../../', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(gateway.stdout, 'data');
  const children = readFileSync(`/proc/${gateway.pid}/task/${gateway.pid}/children`, 'utf8').trim();
  expect(children).toMatch(/^\d+$/);
  gateway.kill('SIGKILL');
  await until('FFmpeg is gone', () => !existsSync(`/proc/${children}`), { timeoutMs: 10_000 });
});
