import HLS from 'hls-parser';
import { expect, test } from 'vitest';
import { startFfmpegEpoch } from '#test/kit/hls-ffmpeg.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { streamId } from '#test/kit/hls-rig.ts';
import { openRecordRig, type RecordRig } from '#test/kit/record-rig.ts';
import { until } from '#test/kit/wait.ts';
import { readVtt } from '#test/kit/webvtt-reader.ts';

const live = streamId('live');

/** Broadcasts one epoch in which something is said from the second to the third second; each has a minute of its own. */
async function broadcast(rig: RecordRig, number: number, language: string): Promise<void> {
  const packager = rig.origin.packager(live);
  const recordedMs = (): number => rig.desk.list(live)[0]?.durationMs ?? 0;
  const beforeMs = recordedMs();
  await using source = startFfmpegEpoch(number, { rate: 4 });
  const startedWallMs = source.epoch.startedWallMs + number * 60_000;
  const said = { id: undefined, language, text: `said in ${number}`, place: {} };
  const [start, end] = [2_000, 3_000].map((ms) => ({ wallMs: startedWallMs + ms }));
  if (start && end) rig.origin.caption(live, { ...said, start, end });
  packager.accept({ ...source.epoch, startedWallMs });
  await until('it is recorded', () => recordedMs() >= beforeMs + 4_000, {
    timeoutMs: 60_000,
    detail: () => [rig.desk.report, rig.warnings],
  });
}

async function playlist(url: string): Promise<HLS.types.MediaPlaylist> {
  return HLS.parse((await exchange(url)).body.toString()) as HLS.types.MediaPlaylist;
}

/** The segments in which this text is to be seen; every one of them is a whole WebVTT file. */
async function saidIn(url: string, text: string): Promise<readonly number[]> {
  const { segments } = await playlist(url);
  const found: number[] = [];
  for (const [index, { uri, byterange }] of segments.entries()) {
    const range = `bytes=${byterange.offset}-${byterange.offset + byterange.length - 1}`;
    const answer = await exchange(new URL(uri, url).href, { headers: { range } });
    expect([answer.status, answer.headers['content-type']]).toEqual([206, 'text/vtt; charset=utf-8']);
    if (readVtt(answer.body.toString()).cues.some((cue) => cue.text === text)) found.push(index);
  }
  return found;
}

test('captions of a live stream are in its recording, at their time and behind every discontinuity', async () => {
  await using rig = await openRecordRig({
    record: { thumbnails: false },
    hls: { captions: [{ stream: '*', language: 'en' }] },
  });
  await broadcast(rig, 1, 'en');
  await broadcast(rig, 2, 'de');
  rig.origin.packager(live).finish();
  const { id, renditions } = await until(
    'the recording is complete',
    () => rig.desk.list(live).find((one) => one.state === 'complete'),
    { timeoutMs: 10_000, detail: () => [rig.desk.list(), rig.warnings] },
  );
  expect(renditions.map(({ rendition, kind }) => [rendition, kind])).toEqual([
    ['a0', 'audio'],
    ['s0', 'text'],
    ['s1', 'text'],
    ['v0', 'video'],
  ]);
  const base = `${rig.base}/vod/live/${id}`;
  const master = HLS.parse(
    (await exchange(`${base}/index.m3u8`)).body.toString(),
  ) as HLS.types.MasterPlaylist;
  expect(master.variants[0]?.subtitles.map(({ uri, language }) => [uri, language])).toEqual([
    ['s0.m3u8', 'en'],
    ['s1.m3u8', 'de'],
  ]);
  const video = await playlist(`${base}/v0.m3u8`);
  const times = ({ segments }: HLS.types.MediaPlaylist): unknown =>
    segments.map(({ duration, discontinuity, programDateTime }) => [
      duration,
      discontinuity,
      programDateTime,
    ]);
  const second = video.segments.findIndex(({ discontinuity }) => discontinuity);
  for (const [name, text, from] of [
    ['s0', 'said in 1', 0],
    ['s1', 'said in 2', second],
  ] as const) {
    expect(times(await playlist(`${base}/${name}.m3u8`))).toEqual(times(video));
    const startMs = Number(video.segments[from]?.programDateTime);
    // To be seen from two seconds on, for one; segments begin with a keyframe, every half second.
    const expected = video.segments.flatMap(({ programDateTime, duration }, index) => {
      const atMs = Number(programDateTime) - startMs;
      return atMs + duration * 1000 > 2_001 && atMs < 2_999 ? [index] : [];
    });
    expect(await saidIn(`${base}/${name}.m3u8`, text)).toEqual(expected);
    expect(expected.length).toBeGreaterThanOrEqual(2);
  }
  expect(rig.warnings).toEqual([]);
}, 120_000);
