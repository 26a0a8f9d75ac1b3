import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { parse, types } from 'hls-parser';
import { createFile, MP4BoxBuffer, type Movie } from 'mp4box';
import { startFfmpegEpoch } from '#test/kit/hls-ffmpeg.ts';
import { openHlsRig, quickHls } from '#test/kit/hls-rig.ts';
import { walkLiveStream, type Findings } from '#test/kit/hls-walker.ts';

/** One walk along a stream that a real FFmpeg makes three times faster than real time; many questions about it. */
let findings: Findings;

const rules = [
  'a delta update keeps everything behind the skip boundary',
  'a segment is the sum of its parts',
  'discontinuity sequence counts what was removed',
  'old parts are not listed',
  'parts fill 85 % of the part target',
  'parts last as long as listed',
  'refusals are problem+json',
  'the hinted part is the next part',
  'the hinted part is sent when it is complete',
  'the window holds three target durations',
  'a range holds exactly one keyframe',
  'playlists of pictures wait for the segment',
];

beforeAll(async () => {
  await using rig = await openHlsRig({ ...quickHls, measureMs: 1_000 });
  await using ffmpeg = startFfmpegEpoch(1, { rate: 3 });
  rig.packager.accept(ffmpeg.epoch);
  findings = await walkLiveStream(rig.url, { seconds: 20, parts: 12, rules });
  expect(rig.warnings).toEqual([]);
}, 30_000);

test('no rule is broken', () => {
  expect(findings.problems).toEqual([]);
});

test('every rule that a sliding, skipping stream can show was looked at', () => {
  expect(rules.filter((rule) => !findings.checked.has(rule))).toEqual([]);
  expect(findings.checked.has('a part past the end is the first of the next segment')).toBe(true);
});

describe('other readers agree', () => {
  test('hls-parser reads the multivariant playlist', () => {
    const playlist = parse(findings.multivariant);
    if (!(playlist instanceof types.MasterPlaylist)) throw new Error('not a multivariant playlist');
    const [variant] = playlist.variants;
    expect(variant?.codecs).toMatch(/^avc1\.42c0[\da-f]{2},mp4a\.40\.2$/);
    expect(variant?.resolution).toEqual({ width: 320, height: 180 });
    expect(variant?.frameRate).toBe(30);
    expect(variant?.audio[0]?.channels).toBe('2');
  });

  test('hls-parser reads the media playlists', () => {
    const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    for (const text of findings.playlists.values()) {
      const playlist = parse(text);
      if (!(playlist instanceof types.MediaPlaylist)) throw new Error('not a media playlist');
      expect(playlist.partTargetDuration).toBeGreaterThan(0.1);
      expect(playlist.lowLatencyCompatibility?.canBlockReload).toBe(true);
      expect(playlist.segments.length).toBeGreaterThan(4);
    }
    // It counts three segments where section 6.2.2 says three target durations.
    const mistaken = /Remove EXT-X-PART tags from the Playlist after they are greater than three/;
    const said = complaints.mock.calls.map((call) => call.join(' ')).filter((line) => !mistaken.test(line));
    expect(said).toEqual([]);
  });

  test('mp4box finds every sample', () => {
    for (const [rendition, { bytes, samples }] of mediaByRendition()) {
      const file = createFile();
      let movie: Movie | undefined;
      file.onReady = (info) => (movie = info);
      file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(bytes).buffer, 0), true);
      file.flush();
      expect(movie?.tracks, rendition).toHaveLength(1);
      const [track] = movie?.tracks ?? [];
      expect(file.getTrackSamplesInfo(track?.id ?? 0), rendition).toHaveLength(samples);
    }
  });

  test('ffprobe finds every packet, and keyframes where parts claim them', () => {
    for (const [rendition, { bytes, samples, independent }] of mediaByRendition()) {
      const args = ['-v', 'error', '-show_entries', 'packet=flags', '-of', 'csv=p=0', '-'];
      const probe = spawnSync('ffprobe', args, { input: bytes, maxBuffer: 50_000_000 });
      expect(probe.stderr.toString(), rendition).toBe('');
      const flags = probe.stdout.toString().trim().split('\n');
      expect(flags, rendition).toHaveLength(samples);
      expect(
        flags.filter((flag) => flag.startsWith('K')),
        rendition,
      ).toHaveLength(independent);
    }
  });
});

test('ffmpeg shows every picture for seeking', () => {
  expect(findings.pictures.length).toBeGreaterThan(1);
  for (const { init, bytes } of findings.pictures) {
    const args = ['-v', 'error', '-i', '-', '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'gray', '-'];
    const shown = spawnSync('ffmpeg', args, { input: Buffer.concat([init, bytes]) });
    expect(shown.stdout).toHaveLength(320 * 180);
    // A picture, not the grey of a decoder that had to guess.
    expect(new Set(shown.stdout).size).toBeGreaterThan(50);
  }
});

/** Init segment and every part of each rendition, in order. */
function mediaByRendition(): ReadonlyMap<
  string,
  { readonly bytes: Buffer; readonly samples: number; readonly independent: number }
> {
  const { inits, parts } = findings.media;
  expect(inits.size).toBe(2);
  return new Map(
    [...inits].map(([address, init]) => {
      const prefix = address.replace(/\.mp4$/, '_');
      const own = [...parts].filter(([url]) => url.startsWith(prefix)).map(([, part]) => part);
      const samples = own.flatMap((part) => part.samples);
      const bytes = Buffer.concat([init, ...own.map((part) => part.bytes)]);
      return [
        prefix,
        { bytes, samples: samples.length, independent: samples.filter((s) => s.independent).length },
      ];
    }),
  );
}
