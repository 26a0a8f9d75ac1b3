import { Buffer } from 'node:buffer';
import { beforeAll, expect, test } from 'vitest';
import { videoFormat } from '#src/bridge/depacketise/select.ts';
import type { Picture } from '#src/bridge/depacketise/unit.ts';
import { FfmpegProcess, type FfmpegFound } from '#src/bridge/ffmpeg.ts';
import { findFfmpeg } from '#src/bridge/find-ffmpeg.ts';
import { matroskaBlock, matroskaHeader } from '#src/bridge/matroska.ts';
import { planFfmpeg } from '#src/bridge/profile.ts';
import { TrackReader, type TimedSample } from '#src/hls/samples.ts';
import { makeRecording, recordingFrameRateHz } from '#test/kit/recording.ts';
import { videoTrack } from '../unit/bridge/units.ts';
import { withoutUsability } from '../unit/rtp/h264/encoded.ts';
import { until } from './bridge-source.ts';

const baseMs = 10_000;
const pictureCount = 12;

let ffmpeg: FfmpegFound;
let recording: Awaited<ReturnType<typeof makeRecording>>;

beforeAll(async () => {
  ffmpeg = await findFfmpeg('', new AbortController().signal);
  const size = { width: 320, height: 240, bitrateBps: 300_000 };
  recording = await makeRecording({ codec: 'h264', ...size, seconds: 1, keyframeSeconds: 1 });
});

/** The first pictures, as the depacketiser gives them; with `silent` their SPS says nothing about reordering. */
function pictures(silent: boolean): readonly Picture[] {
  const format = videoFormat(videoTrack('h264'));
  return recording.pictures.slice(0, pictureCount).map((nals) => {
    format.begin(false);
    for (const nal of nals)
      format.add(silent && (nal[0] ?? 0) % 32 === 7 ? Buffer.from(withoutUsability(nal)) : nal);
    const picture = format.finish();
    if (picture === undefined || picture === 'damaged') throw new Error('the recording is damaged');
    return picture;
  });
}

test.each([
  { says: 'that nothing is reordered', silent: false },
  { says: 'nothing about reordering', silent: true },
])(
  'with an SPS that says $says, every picture but the newest has left FFmpeg, at its exact time',
  async ({ silent }) => {
    const wanted = pictures(silent);
    const [first] = wanted;
    if (first?.config === undefined) throw new Error('no keyframe');
    const rates = { videoBitrateBps: 1, audioBitrateBps: 1 };
    const plan = planFfmpeg({ video: first.config, audio: undefined, passthrough: true, ...rates });
    const order = { plan, memoryLimitBytes: 2 ** 30 };
    await using running = await FfmpegProcess.open(ffmpeg, order, AbortSignal.timeout(30_000));
    const samples: TimedSample[] = [];
    const reader = new TrackReader({
      init: () => undefined,
      sample: (sample) => void samples.push(sample),
    });
    const reading = (async () => {
      for await (const chunk of running.outputs[0]?.bytes() ?? []) reader.push(chunk);
    })();
    running.write(matroskaHeader([first.config]));
    for (const [index, picture] of wanted.entries())
      running.write(matroskaBlock(1, (index * 1000) / recordingFrameRateHz, picture));
    // Its input stays open: nothing but these pictures can have brought them out.
    await until('all but the newest picture', () => samples.length >= pictureCount - 1);
    expect(samples).toHaveLength(pictureCount - 1);
    for (const [index, sample] of samples.entries()) {
      expect(sample.startMs).toBeCloseTo(baseMs + (index * 1000) / recordingFrameRateHz, 1);
      expect(sample.offsetTicks).toBe(0);
      expect(sample.data).toHaveLength(wanted[index]?.sizeBytes ?? -1);
    }
    await running.finish();
    await reading;
  },
);
