import { expect, it } from 'vitest';
import { engineText, ffmpegText, portsText, workerRows } from '#public/dashboard/node-words.ts';
import { node } from './fixtures.ts';

it('names the engine, and what makes it faster', () => {
  expect(engineText(node({ engine: 'native', rtcPorts: [1, 2] }))).toBe('native engine, 2 workers');
  expect(engineText(node({ engine: 'typescript', rtcPorts: [1] }))).toContain('npm run build:native');
});

it('names ports as a range where they are one', () => {
  expect(portsText([8189])).toBe('8189');
  expect(portsText([8189, 8190, 8191])).toBe('8189 to 8191');
  expect(portsText([40_001, 35_002])).toBe('40001, 35002');
});

it('shows one row for each worker', () => {
  const worker = { engine: 'native', peers: 3, loopDelayMs: 2, datagramsOut: 9, mirrored: 5 } as const;
  const workers = [{ ...worker, port: 8189, mirrorLapses: 1 }];
  expect(workerRows(node({ workers }))).toEqual([
    ['8189', 'native', '3', '2 ms', '9', '5', { text: '1', hot: true }],
  ]);
});

it('names FFmpeg and the hardware that works', () => {
  const ffmpeg = { available: true, version: '5.1', problem: null };
  const hardware = [
    { name: 'nvenc', works: false, reason: 'no device' },
    { name: 'vaapi', works: true, reason: null },
    { name: 'qsv', works: null, reason: null },
  ];
  expect(ffmpegText(node({ ffmpeg }))).toBe('FFmpeg 5.1');
  expect(ffmpegText(node({ ffmpeg: { ...ffmpeg, hardware } }))).toBe('FFmpeg 5.1 with VAAPI');
  expect(ffmpegText(node({ ffmpeg: { ...ffmpeg, available: false } }))).toBe('no FFmpeg');
});
