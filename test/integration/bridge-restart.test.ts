import { spawn } from 'node:child_process';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { TrackReader, type TimedSample } from '#src/hls/samples.ts';
import { barcodeColumns, barcodeHeightShare, barcodeRows, decodeBarcode } from '#test/kit/barcode.ts';
import { CountingViewer } from '#test/kit/counting-viewer.ts';
import { startGateway } from '#test/kit/gateway.ts';
import { readMediaPlaylist, type ReadSegment } from '#test/kit/hls-reader.ts';
import { stretchesOf, type Stretch } from '#test/kit/hls-oracles.ts';
import { walkLiveStream, type Findings } from '#test/kit/hls-walker.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording, recordingFrameRateHz } from '#test/kit/recording.ts';
import { StampedStream } from '#test/kit/stamped-stream.ts';
import { stretch, until } from '#test/kit/wait.ts';

const patience = { timeoutMs: 40_000 };
/** OBS sends a keyframe so seldom, and none when it is asked for one. */
const keyframeSeconds = 8;
const recordingPictures = keyframeSeconds * recordingFrameRateHz;
/** How far the wall clock of a picture may be off. */
const wallToleranceMs = 100;

/** A decoded picture: its place in the recording, and where it stands in its file. */
interface Shown {
  readonly counter: number;
  readonly sample: TimedSample;
}

/** Every picture of a file as FFmpeg's decoder shows it; fails where that has anything to say. */
async function decoded({ bytes }: Stretch): Promise<readonly Shown[]> {
  const samples: TimedSample[] = [];
  new TrackReader({ init: () => undefined, sample: (sample) => void samples.push(sample) }).push(bytes);
  const cells = `crop=iw:ih*${barcodeHeightShare}:0:0,scale=${barcodeColumns}:${barcodeRows}:flags=area,format=gray`;
  const child = spawn('ffmpeg', [
    ...['-v', 'error', '-i', 'pipe:0', '-map', '0:v', '-vf', cells, '-fps_mode', 'passthrough'],
    ...['-enc_time_base', '1:100000', '-f', 'rawvideo', 'pipe:1'],
  ]);
  child.stdin.end(bytes);
  const [luma, complaints] = await Promise.all([buffer(child.stdout), text(child.stderr)]);
  expect(complaints).toBe('');
  const cellCount = barcodeColumns * barcodeRows;
  expect(luma.length / cellCount).toBe(samples.length);
  return samples.map((sample, index) => {
    const stamp = decodeBarcode(luma.subarray(index * cellCount, (index + 1) * cellCount));
    return { sample, counter: stamp?.counter ?? -1 };
  });
}

/** Segments of a rendition. */
function listed({ playlists }: Findings, rendition: string): readonly ReadSegment[] {
  const playlist = [...playlists].find(([url]) => url.endsWith(`/${rendition}.m3u8`))?.[1] ?? '';
  return readMediaPlaylist(playlist).segments;
}

/** The pictures of both epochs follow one another, and each says the wall clock of its sending. */
async function proveShown(findings: Findings, stream: StampedStream): Promise<void> {
  const files = (await stretchesOf(findings)).filter(({ name }) => name.startsWith('v0'));
  expect(files.length).toBe(2);
  let counter: number | undefined;
  for (const file of files) {
    const pictures = await decoded(file);
    const begins = listed(findings, 'v0').find(({ map }) => map === file.name);
    // Those that were seen before share the first moment.
    const seen = pictures.findLastIndex(({ sample }) => sample.durationMs < 1) + 1;
    expect(seen > 0).toBe(counter !== undefined);
    const offsetMs = (begins?.wallMs ?? 0) - (pictures[0]?.sample.startMs ?? 0);
    for (const { counter: found, sample } of pictures.slice(seen)) {
      if (counter !== undefined) expect(found).toBe((counter + 1) % recordingPictures);
      counter = found;
      const positionMs = (found * 1_000) / recordingFrameRateHz;
      const ageMs = stream.ageMs(positionMs, sample.startMs + offsetMs);
      expect(ageMs).toBeGreaterThan(-wallToleranceMs);
      expect(ageMs).toBeLessThan(wallToleranceMs * stretch());
    }
  }
}

test('FFmpeg is killed between two keyframes that are far apart: LL-HLS goes on with the next picture, and nobody else notices', async () => {
  const facts = { codec: 'h264', width: 320, height: 180, bitrateBps: 300_000 } as const;
  const recording = await makeRecording({
    ...facts,
    seconds: keyframeSeconds,
    keyframeSeconds,
    stamped: true,
  });
  const env = { FRONTROW_HLS__SEGMENT_TARGET_MS: '2000', FRONTROW_HLS__TARGET_DURATION_MS: '2000' };
  await using gateway = await startGateway({ env });
  await using publisher = await ObsPublisher.open({ whipUrl: gateway.url('/whip/rare'), recording });
  const stream = new StampedStream(publisher, recording, keyframeSeconds);
  await using viewer = await CountingViewer.open(gateway.url('/whep/rare'));
  const before = await until(
    'both tiers',
    async () => {
      const now = await gateway.stream('rare');
      return now?.hls?.ready === true && viewer.video.packets > 0 ? now : undefined;
    },
    patience,
  );
  const phaseMs = (performance.now() - publisher.startedMs) % (keyframeSeconds * 1_000);
  // In the middle: behind a keyframe, and before the next.
  if (phaseMs < 1_500 || phaseMs > 6_000) await stream.phase(2_000);
  viewer.reset();
  const walking = walkLiveStream(gateway.url('/hls/rare/index.m3u8'), { seconds: 6 * stretch() });
  await sleep(500);
  process.kill(before.bridge?.pid ?? 0, 'SIGKILL');
  await until('another FFmpeg', async () => (await gateway.stream('rare'))?.bridge?.epoch === 2, patience);
  const findings = await walking;
  expect(findings.problems).toEqual([]);
  for (const rendition of ['v0', 'a0']) {
    const segments = listed(findings, rendition);
    const at = segments.findIndex(({ discontinuity }) => discontinuity);
    const [last, next] = [segments[at - 1], segments[at]];
    const holeMs = (next?.wallMs ?? 0) - (last?.wallMs ?? 0) - (last?.durationS ?? 0) * 1_000;
    expect(holeMs).toBeLessThan(3_000 * stretch());
    expect(holeMs).toBeGreaterThan(-30);
  }
  await proveShown(findings, stream);
  expect(viewer.connection).toBe('connected');
  expect([viewer.video.missing, viewer.audio.missing]).toEqual([0, 0]);
}, 120_000);
