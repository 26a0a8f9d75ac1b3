import { expect, test } from 'vitest';
import { opusConfig } from '#src/bridge/depacketise/opus.ts';
import type { CodecConfig } from '#src/bridge/depacketise/unit.ts';
import { epochTracks } from '#src/bridge/epoch-tracks.ts';
import { matroskaHeader } from '#src/bridge/matroska.ts';
import { planFfmpeg } from '#src/bridge/profile.ts';

const video: CodecConfig = { codec: 'h264', width: 1280, height: 720, codecPrivate: Uint8Array.of(1, 2) };
const half: CodecConfig = { ...video, width: 640, height: 360 };
const layer = { layer: 1, rid: 'h', rendition: 'v1', config: half, reorderDepth: 0, bitrateBps: 0 };
const rung = { rendition: 'v2', width: 320, height: 180, bitrateBps: 250_000 };
const rates = { passthrough: true, videoBitrateBps: 1_000_000, audioBitrateBps: 96_000 };

test("copied layers stand behind the publisher's tracks and the one for the encoders, in the order of the outputs", () => {
  const plan = planFfmpeg({ video, audio: opusConfig, rungs: [rung], layers: [layer], ...rates });
  const tracks = epochTracks({ plan, video, audio: opusConfig });
  expect(tracks).toMatchObject({ kinds: ['video', 'audio'], shown: 3, firstLayer: 4 });
  const shown = { ...video, pictureMs: 1000 / 30 };
  expect(tracks.header).toEqual(matroskaHeader([video, opusConfig, shown, half]));
  const copy = plan.outputs.find(({ rendition }) => rendition === 'v1');
  // Of the video tracks it is the third: number 2 from 0.
  expect(copy?.options.slice(0, 2)).toEqual(['-map', '0:v:2']);
});

test("without encoders the first layer follows the publisher's tracks at once", () => {
  const plan = planFfmpeg({ video, audio: undefined, layers: [layer], ...rates });
  const tracks = epochTracks({ plan, video, audio: undefined });
  expect(tracks).toMatchObject({ kinds: ['video'], shown: 0, firstLayer: 2 });
  expect(tracks.header).toEqual(matroskaHeader([video, half]));
  expect(plan.outputs[1]?.options.slice(0, 2)).toEqual(['-map', '0:v:1']);
});

test('sound alone has no video beside it', () => {
  const plan = planFfmpeg({ video: undefined, audio: opusConfig, ...rates, passthrough: false });
  expect(epochTracks({ plan, video: undefined, audio: opusConfig })).toMatchObject({
    kinds: ['audio'],
    shown: 0,
  });
});

test('sounds beside the first stand behind everything else, each an output or two of its own', () => {
  const sounds = [0, 2, 3].map((index) => ({ index, name: `S${String(index)}`, language: '' }));
  const more = { rungs: [rung], layers: [layer], sounds, opus: true };
  const plan = planFfmpeg({ video, audio: opusConfig, ...more, ...rates });
  const tracks = epochTracks({ plan, video, audio: opusConfig });
  expect(tracks).toMatchObject({ kinds: ['video', 'audio'], shown: 3, firstLayer: 4, firstSound: 5 });
  const shown = { ...video, pictureMs: 1000 / 30 };
  const heads = [video, opusConfig, shown, half, opusConfig, opusConfig];
  expect(tracks.header).toEqual(matroskaHeader(heads));
  const outputs = plan.outputs.filter(({ kind }) => kind === 'audio');
  expect(outputs.map(({ rendition, sound, options }) => [rendition, sound?.name, options[1]])).toEqual([
    ['a0', 'S0', '0:a:0'],
    ['a1', 'S0', '0:a:0'],
    ['a4', 'S2', '0:a:1'],
    ['a5', 'S2', '0:a:1'],
    ['a6', 'S3', '0:a:2'],
    ['a7', 'S3', '0:a:2'],
  ]);
  expect(outputs.map(({ options }) => options.includes('aac'))).toEqual([
    true,
    false,
    true,
    false,
    true,
    false,
  ]);
});
