import { expect, test, vi } from 'vitest';
import type { TrackKind } from '#src/core/media.ts';
import { demoConfig } from '#src/demo/config.ts';
import { Generator, drawingTools } from '#src/demo/generator.ts';

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
