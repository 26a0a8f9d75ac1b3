import { expect, test, vi } from 'vitest';
import { OpusDepacketiser, opusConfig, opusDurationMs, opusSilence } from '#src/bridge/depacketise/opus.ts';
import type { AccessUnit } from '#src/bridge/depacketise/unit.ts';
import { record, testAudio } from '../recording.ts';

// A loaded machine takes its time to start programs.
vi.setConfig({ testTimeout: 60_000 });

test('what FFmpeg sends becomes one unit per 20 ms packet', async () => {
  const packets = await record({ codec: 'opus', args: [...testAudio(1), '-c:a', 'libopus', '-b:a', '64k'] });
  const units: AccessUnit[] = [];
  const opus = new OpusDepacketiser({ unit: (unit) => units.push(unit), damaged: () => undefined });
  for (const packet of packets) opus.push(packet);
  expect(units.length).toBe(packets.length);
  expect(units.length).toBeGreaterThanOrEqual(50);
  expect(units.every((unit) => unit.keyframe && unit.config === opusConfig)).toBe(true);
  expect(units.map((unit) => opusDurationMs(unit.chunks[0] ?? opusSilence))).toEqual(units.map(() => 20));
});

test.each([
  [[0xfc, 1], 20],
  [[0xe0, 1], 2.5],
  [[0xfd, 1], 40],
  [[0xff, 3, 1], 60],
  [[0x18, 1], 60],
  [[0x78, 1], 20],
  [[0xff, 0], undefined],
  [[0x1b, 40], undefined],
  [[], undefined],
])('the duration of %j is %s ms', (bytes, duration) => {
  expect(opusDurationMs(Uint8Array.from(bytes))).toBe(duration);
});
