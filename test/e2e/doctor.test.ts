import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openRig, type Rig } from '#test/kit/rig.ts';

const life = new AsyncDisposableStack();
let rig: Rig;
beforeAll(async () => {
  rig = life.use(await openRig());
});
afterAll(() => life.disposeAsync());

/** What depends on how busy the machine is that makes up the pictures. */
const ofLoad = new Set([
  'bursts',
  'jitter',
  'frame-rate-unstable',
  'frame-rate-change',
  'resolution-change',
  'loss',
  'loss-repaired',
]);

test('browsers send nothing that the doctor finds wrong, and H.264 of theirs is not held back for an order', async () => {
  const codecs = ['h264', 'vp8'] as const;
  await using pages = new AsyncDisposableStack();
  for (const codec of codecs) {
    const page = pages.use(await rig.page());
    await rig.publish(page, `doctor-${codec}`, { codec });
  }
  await sleep(8_000);
  const codes = await Promise.all(
    codecs.map(async (codec) => {
      const response = await fetch(rig.gateway.url(`/api/streams/doctor-${codec}`));
      const { findings } = (await response.json()) as { findings: { code: string }[] };
      return findings.map(({ code }) => code).filter((code) => !ofLoad.has(code));
    }),
  );
  expect(codes).toEqual([[], ['needs-transcoding']]);
  expect((await rig.gateway.stream('doctor-h264'))?.bridge).toMatchObject({ video: 'passthrough', epoch: 1 });
  expect(rig.gateway.logs.join('\n')).not.toContain('reorderDepth');
}, 180_000);
