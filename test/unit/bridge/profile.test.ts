import { expect, test } from 'vitest';
import { opusConfig } from '#src/bridge/depacketise/opus.ts';
import type { CodecConfig } from '#src/bridge/depacketise/unit.ts';
import { planFfmpeg } from '#src/bridge/profile.ts';

const video: CodecConfig = { codec: 'h264', width: 1281, height: 721, codecPrivate: new Uint8Array() };
const rates = { videoBitrateBps: 2_000_000, audioBitrateBps: 96_000 };

test('passthrough copies video and encodes audio, each into an output of its own', () => {
  const plan = planFfmpeg({ video, audio: opusConfig, passthrough: true, ...rates });
  expect(plan).toMatchObject({ video: 'passthrough', audio: 'transcode' });
  expect(plan.outputs.map((output) => output.rendition)).toEqual(['v0', 'a0']);
  expect(plan.outputs[0]?.options.join(' ')).toContain('-map 0:v:0 -c:v copy -video_track_timescale');
  expect(plan.outputs[1]?.options.join(' ')).toContain('-c:a aac -aac_coder fast -b:a 96000');
  for (const output of plan.outputs) expect(output.options.join(' ')).toContain('frag_discont');
});

test('pictures with two times are copied with both; those with one pass no filter that would hold them back', () => {
  const copy = (reordered?: boolean): string =>
    planFfmpeg({
      ...{ video, audio: undefined, passthrough: true, ...rates },
      ...(reordered === undefined ? {} : { reordered }),
    }).outputs[0]?.options.join(' ') ?? '';
  expect(copy(true)).toContain('-c:v copy -bsf:v setts=dts=PTS:pts=PTS+DURATION-1');
  expect(copy(false)).toBe(copy());
  expect(copy()).not.toContain('-bsf');
});

test('encoded video has an even size and the configured bitrate', () => {
  const plan = planFfmpeg({ video, audio: undefined, passthrough: false, ...rates });
  expect(plan).toMatchObject({ video: 'transcode', audio: 'none', width: 1280, height: 720 });
  const options = plan.outputs[0]?.options.join(' ') ?? '';
  expect(options).toContain('scale=1280:720:');
  expect(options).toContain('-b:v 2000000');
  expect(options).not.toContain('{');
});

test('rungs are encoded from pictures that come a second time, so that the copy keeps its times', () => {
  const rungs = [{ rendition: 'v1', width: 640, height: 360, bitrateBps: 800_000 }];
  const plan = planFfmpeg({ video, audio: opusConfig, passthrough: true, rungs, ...rates });
  expect(plan.outputs.map((output) => output.rendition)).toEqual(['v0', 'v1', 'a0']);
  expect(plan.shownTrack).toBe(true);
  expect(plan.outputs[0]?.options.join(' ')).toContain('-map 0:v:0 -c:v copy');
  const rung = plan.outputs[1]?.options.join(' ') ?? '';
  expect(rung).toContain('-map 0:v:1 -vf scale=640:360:');
  expect(rung).toContain('-b:v 800000 -maxrate 800000');
  expect(rung).toContain('-force_key_frames source');
});

test('where the top is encoded, every rung is made from the one decoded picture', () => {
  const rungs = [{ rendition: 'v1', width: 640, height: 360, bitrateBps: 800_000 }];
  const plan = planFfmpeg({ video, audio: undefined, passthrough: false, rungs, ...rates });
  expect(plan).toMatchObject({ video: 'transcode', shownTrack: false });
  for (const { options } of plan.outputs) expect(options.slice(0, 2)).toEqual(['-map', '0:v:0']);
});

test('Opus goes out as it came where it is wished, beside AAC', () => {
  const plan = planFfmpeg({ video: undefined, audio: opusConfig, passthrough: false, opus: true, ...rates });
  expect(plan.outputs.map((output) => output.rendition)).toEqual(['a0', 'a1']);
  expect(plan.outputs[1]?.options.join(' ')).toContain('-map 0:a:0 -c:a copy');
});

test('where bits are short, sound is encoded with more care', () => {
  const plan = planFfmpeg({
    ...{ video: undefined, audio: opusConfig, passthrough: false },
    ...{ videoBitrateBps: 2_000_000, audioBitrateBps: 64_000 },
  });
  expect(plan.outputs[0]?.options.join(' ')).toContain('-aac_coder twoloop -b:a 64000');
});

test('audio alone has one output', () => {
  const plan = planFfmpeg({ video: undefined, audio: opusConfig, passthrough: false, ...rates });
  expect(plan.outputs.map((output) => output.rendition)).toEqual(['a0']);
});
