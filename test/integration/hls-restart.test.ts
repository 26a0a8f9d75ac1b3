import { expect, test } from 'vitest';
import { startFfmpegEpoch } from '#test/kit/hls-ffmpeg.ts';
import { readMediaPlaylist } from '#test/kit/hls-reader.ts';
import { openHlsRig, quickHls } from '#test/kit/hls-rig.ts';
import { walkLiveStream } from '#test/kit/hls-walker.ts';

test('FFmpeg is killed and another takes over: one playlist goes on behind a discontinuity, and ends in order', async () => {
  await using rig = await openHlsRig({ ...quickHls, windowSegments: 60 });
  await using first = startFfmpegEpoch(1);
  rig.packager.accept(first.epoch);
  const walking = walkLiveStream(rig.url, { seconds: 40 });
  await expect
    .poll(() => rig.packager.report.renditions[0]?.segment ?? 0, { timeout: 20_000 })
    .toBeGreaterThan(3);
  first.kill();
  await using second = startFfmpegEpoch(2, { size: '256x144' });
  rig.packager.accept(second.epoch);
  const segment = rig.packager.report.renditions[0]?.segment ?? 0;
  await expect
    .poll(() => rig.packager.report.renditions[0]?.segment ?? 0, { timeout: 20_000 })
    .toBeGreaterThan(segment + 3);
  rig.packager.finish();

  const findings = await walking;
  expect(findings.problems).toEqual([]);
  expect(findings.ended).toBe(true);
  expect(findings.parts).toBeGreaterThan(10);
  for (const text of findings.playlists.values()) {
    const { segments, ended, hints } = readMediaPlaylist(text);
    expect(ended).toBe(true);
    expect(hints).toEqual([]);
    expect(segments.filter((each) => each.discontinuity)).toHaveLength(1);
    expect(new Set(segments.map((each) => each.map)).size).toBe(2);
  }
}, 60_000);
