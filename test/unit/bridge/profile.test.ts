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
  expect(plan.outputs[0]?.options.join(' ')).toContain('-c:v copy -bsf:v setts=dts=PTS');
  expect(plan.outputs[1]?.options.join(' ')).toContain('-c:a aac -b:a 96000');
  for (const output of plan.outputs) expect(output.options.join(' ')).toContain('frag_discont');
});

test('pictures with two times are copied with both; without, the command is what it always was', () => {
  const copy = (reordered?: boolean): string =>
    planFfmpeg({
      ...{ video, audio: undefined, passthrough: true, ...rates },
      ...(reordered === undefined ? {} : { reordered }),
    }).outputs[0]?.options.join(' ') ?? '';
  expect(copy(true)).toContain('-c:v copy -bsf:v setts=dts=PTS:pts=PTS+DURATION-1');
  expect(copy(false)).toBe(copy());
  expect(copy()).toContain('setts=dts=PTS ');
});

test('encoded video has an even size and the configured bitrate', () => {
  const plan = planFfmpeg({ video, audio: undefined, passthrough: false, ...rates });
  expect(plan).toMatchObject({ video: 'transcode', audio: 'none', width: 1280, height: 720 });
  const options = plan.outputs[0]?.options.join(' ') ?? '';
  expect(options).toContain('scale=1280:720:');
  expect(options).toContain('-b:v 2000000');
  expect(options).not.toContain('{');
});

test('audio alone has one output', () => {
  const plan = planFfmpeg({ video: undefined, audio: opusConfig, passthrough: false, ...rates });
  expect(plan.outputs.map((output) => output.rendition)).toEqual(['a0']);
});
