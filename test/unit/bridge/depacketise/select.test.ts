import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TapPacket, VideoCodec } from '#src/core/media.ts';
import { recordAv1 } from '../av1-packetiser.ts';
import { encoders } from '../encoders.ts';
import { probe, record, testVideo } from '../recording.ts';
import { depacketise, toMatroska } from '../units.ts';

// A loaded machine takes its time to start programs.
vi.setConfig({ testTimeout: 60_000 });

const frames = 24;
const codecs: readonly VideoCodec[] = ['h264', 'h265', 'vp8', 'vp9', 'av1'];
const ffmpegNames = { h264: 'h264', h265: 'hevc', vp8: 'vp8', vp9: 'vp9', av1: 'av1' } as const;

describe.each(codecs)('%s as FFmpeg sends it', (codec) => {
  let packets: readonly TapPacket[] = [];
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'depacketise-'));
    const input = testVideo(frames);
    packets = await (codec === 'av1'
      ? recordAv1(input, encoders.av1)
      : record({ codec, args: [...input, ...encoders[codec]] }));
  }, 30_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('becomes one unit per frame, and every frame decodes', async () => {
    const { units, damaged, dropped } = depacketise(codec, packets);
    expect({ units: units.length, damaged, dropped }).toEqual({ units: frames, damaged: 0, dropped: 0 });
    expect(units.map((unit) => unit.keyframe)).toEqual(
      Array.from({ length: frames }, (_, i) => i % 10 === 0),
    );
    expect(units[0]?.config).toMatchObject({ codec, width: 320, height: 180 });
    const file = join(folder, 'whole.mkv');
    await writeFile(file, toMatroska(units));
    const [stream] = await probe(file);
    expect(stream).toMatchObject({
      codec_name: ffmpegNames[codec],
      width: 320,
      height: 180,
      nb_read_frames: String(frames),
    });
  });

  test('after a loss, shows nothing before the next keyframe, and only whole frames', async () => {
    // The middle of the first group of pictures is lost.
    const [firstTimestamp = 0] = packets.map((packet) => packet.timestamp);
    const lostFrame = (firstTimestamp + 4 * 3000) >>> 0;
    const lost = packets.findIndex((packet) => packet.timestamp === lostFrame);
    const { units, damaged } = depacketise(codec, packets.toSpliced(lost, 1));
    expect(damaged).toBeGreaterThan(0);
    expect(units.length).toBe(4 + (frames - 10));
    expect(units[4]?.keyframe).toBe(true);
    const file = join(folder, 'lossy.mkv');
    await writeFile(file, toMatroska(units));
    expect((await probe(file))[0]).toMatchObject({ nb_read_frames: String(units.length) });
  });

  test('a keyframe of which any packet is lost is not taken for whole', () => {
    const keyTimestamp = depacketise(codec, packets).units[10]?.timestamp;
    const first = packets.findIndex((packet) => packet.timestamp === keyTimestamp);
    const count = packets.filter((packet) => packet.timestamp === keyTimestamp).length;
    for (let i = 0; i < count; i += 1) {
      const { units } = depacketise(codec, packets.toSpliced(first + i, 1));
      expect(units.length).toBe(10 + (frames - 20));
      expect(units[10]?.timestamp).not.toBe(keyTimestamp);
    }
  });
});
