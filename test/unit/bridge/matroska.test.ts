import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { opusConfig, opusSilence } from '#src/bridge/depacketise/opus.ts';
import { matroskaBlock, matroskaHeader, matroskaReorderedBlock } from '#src/bridge/matroska.ts';
import { encoders } from './encoders.ts';
import { record, testVideo } from './recording.ts';
import { depacketise } from './units.ts';

// A loaded machine takes its time to start programs.
vi.setConfig({ testTimeout: 60_000 });

const run = promisify(execFile);
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'matroska-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('two tracks keep their times to 10 us, and blocks their keyframe flags', async () => {
  const packets = await record({ codec: 'h264', args: [...testVideo(12), ...encoders.h264] });
  const { units } = depacketise('h264', packets);
  const config = units[0]?.config;
  if (!config) throw new Error('no configuration');
  const silence = { keyframe: true, chunks: [opusSilence], sizeBytes: opusSilence.length };
  const blocks = units.flatMap((unit, index) => [
    matroskaBlock(1, (index * 1000) / 30, unit),
    matroskaBlock(2, index * 20 + 0.01, silence),
  ]);
  const file = join(folder, 'both.mkv');
  await writeFile(file, Buffer.concat([matroskaHeader([config, opusConfig]), ...blocks]));
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-of', 'json', '-show_entries'],
    'packet=stream_index,pts_time,flags:stream=codec_name,width,height,channels,sample_rate,profile',
    file,
  ]);
  const { packets: read, streams } = JSON.parse(stdout) as {
    packets: { stream_index: number; pts_time: string; flags: string }[];
    streams: unknown[];
  };
  expect(streams).toEqual([
    expect.objectContaining({ codec_name: 'h264', width: 320, height: 180 }),
    expect.objectContaining({ codec_name: 'opus', channels: 2, sample_rate: '48000' }),
  ]);
  const video = read.filter((packet) => packet.stream_index === 0);
  expect(video.map((packet) => Number(packet.pts_time))).toEqual(
    units.map((_, index) => Math.round((index * 100_000) / 30) / 100_000),
  );
  expect(video.map((packet) => packet.flags.startsWith('K'))).toEqual(
    units.map((_, index) => index % 10 === 0),
  );
  expect(read.find((packet) => packet.stream_index === 1)?.pts_time).toBe('0.000010');
});

test('a block states its size, so that a reader need not wait for the next one', () => {
  const content = { keyframe: true, chunks: [Uint8Array.of(1, 2), Uint8Array.of(3)], sizeBytes: 3 };
  const block = Buffer.from(matroskaBlock(1, 3_600_000, content));
  expect(block.readUInt32BE(0)).toBe(0x1f43b675);
  expect(block.readUInt32BE(8)).toBe(block.length - 12);
  expect(block.readBigUInt64BE(14)).toBe(360_000_000n);
  expect([...block.subarray(-7)]).toEqual([0x81, 0, 0, 0x80, 1, 2, 3]);
});

test('a block with two times says the second as a duration that is never 0', async () => {
  const packets = await record({ codec: 'h264', args: [...testVideo(4), ...encoders.h264] });
  const { units } = depacketise('h264', packets);
  const config = units[0]?.config;
  if (!config) throw new Error('no configuration');
  const offsetsMs = [100, 200, 0, 33.34];
  const blocks = units.map((unit, index) =>
    matroskaReorderedBlock(1, { timeMs: index * 40, offsetMs: offsetsMs[index] ?? 0 }, unit),
  );
  const file = join(folder, 'reordered.mkv');
  await writeFile(file, Buffer.concat([matroskaHeader([config]), ...blocks]));
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-of', 'json', '-show_entries', 'packet=pts_time,duration_time,flags,size', file],
  ]);
  const { packets: read } = JSON.parse(stdout) as {
    packets: { pts_time: string; duration_time: string; flags: string; size: string }[];
  };
  expect(read.map((packet) => Number(packet.pts_time))).toEqual([0, 0.04, 0.08, 0.12]);
  expect(read.map((packet) => Math.round(Number(packet.duration_time) * 1e5) - 1)).toEqual(
    offsetsMs.map((ms) => Math.round(ms * 100)),
  );
  expect(read.map((packet) => packet.flags.startsWith('K'))).toEqual([true, false, false, false]);
  expect(read.map((packet) => Number(packet.size))).toEqual(units.map((unit) => unit.sizeBytes));
});
