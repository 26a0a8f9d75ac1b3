import { expect, test } from 'vitest';
import { BoxSplitter, MalformedMp4 } from '#src/hls/bmff.ts';
import { readInit } from '#src/hls/init.ts';
import { box, initSegment, numbers } from '#test/kit/hls-source.ts';

function moovOf(bytes: Uint8Array): Uint8Array {
  const found = new BoxSplitter().push(bytes).find(({ type }) => type === 'moov');
  if (!found) throw new Error('no moov');
  return found.body;
}

test('a video track', () => {
  expect(readInit(moovOf(initSegment('video', { width: 1920, height: 1080 })))).toEqual({
    kind: 'video',
    trackId: 1,
    timescale: 15_360,
    codecs: 'avc1.42c01e',
    width: 1920,
    height: 1080,
    channels: 0,
    defaults: { durationTicks: 0, sizeBytes: 0, flags: 0 },
  });
});

test('an AAC track: object type 2, two channels', () => {
  const facts = readInit(moovOf(initSegment('audio')));
  expect(facts).toMatchObject({ kind: 'audio', codecs: 'mp4a.40.2', channels: 2, timescale: 48_000 });
});

test('an Opus track', () => {
  const dOps = box('dOps', Buffer.from('00020000bb80000000', 'hex'));
  const entry = box('Opus', Buffer.alloc(28), dOps);
  const swapped = replaceEntry(moovOf(initSegment('audio')), entry);
  expect(readInit(swapped)).toMatchObject({ kind: 'audio', codecs: 'Opus', channels: 2 });
});

test('what cannot be packaged is said', () => {
  const moov = moovOf(initSegment('video'));
  expect(() => readInit(replaceEntry(moov, box('vp09', Buffer.alloc(80))))).toThrow('vp09');
  expect(() => readInit(replaceEntry(moov, box('avc1', Buffer.alloc(80))))).toThrow(MalformedMp4);
  expect(() => readInit(replaceEntry(moov, box('mp4a', Buffer.alloc(28), box('esds', numbers(0)))))).toThrow(
    'no decoder configuration',
  );
  expect(() => readInit(new Uint8Array(0))).toThrow(MalformedMp4);
});

/** The same moov with another sample entry. */
function replaceEntry(moov: Uint8Array, entry: Uint8Array): Uint8Array {
  const rebuild = (body: Uint8Array): Uint8Array =>
    Buffer.concat(
      new BoxSplitter().push(body).map(({ type, body: inner }) => {
        if (type === 'stsd') return box(type, numbers(0, 1), entry);
        return ['trak', 'mdia', 'minf', 'stbl'].includes(type) ? box(type, rebuild(inner)) : box(type, inner);
      }),
    );
  return rebuild(moov);
}
