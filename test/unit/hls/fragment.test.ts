import { describe, expect, test } from 'vitest';
import { BoxSplitter, MalformedMp4 } from '#src/hls/bmff.ts';
import { isSync, readFragment, writeFragment, type FragmentBoxes, type Sample } from '#src/hls/fragment.ts';
import { box, fragment, numbers } from '#test/kit/hls-source.ts';

const noDefaults = { durationTicks: 0, sizeBytes: 0, flags: 0 };

function boxesOf(bytes: Uint8Array): FragmentBoxes {
  const [moof, mdat] = new BoxSplitter().push(bytes);
  if (!moof || !mdat) throw new Error('no fragment');
  return { moof: moof.bytes, mdat: mdat.bytes };
}

describe('reading', () => {
  test('one frame as FFmpeg writes it', () => {
    const made = { startTicks: 153_600, durationTicks: 512, keyframe: true, data: Buffer.from('frame') };
    const [sample, ...more] = readFragment(boxesOf(fragment(made)), noDefaults);
    expect(more).toEqual([]);
    expect(sample).toMatchObject({ decodeTicks: 153_600, durationTicks: 512, offsetTicks: 0 });
    expect(Buffer.from(sample?.data ?? [])).toEqual(made.data);
    expect(sample && isSync(sample)).toBe(true);
  });

  test('first-sample flags, defaults of the track, 32-bit times and signed offsets', () => {
    const trun = box('trun', numbers(0x0100_0a05, 2, 96, 0x0200_0000, 3, -1, 2, 1));
    const traf = box('traf', box('tfhd', numbers(0x02_0000, 1)), box('tfdt', numbers(0, 1_000)), trun);
    const bytes = Buffer.concat([box('moof', traf), box('mdat', Buffer.from('aaabb'))]);
    const boxes = boxesOf(bytes);
    const patched = Buffer.from(boxes.moof);
    patched.writeUInt32BE(patched.length + 8, patched.length - 24);
    const samples = readFragment(
      { moof: patched, mdat: boxes.mdat },
      { durationTicks: 40, sizeBytes: 0, flags: 0x1_0000 },
    );
    expect(samples.map(({ data, ...rest }) => ({ ...rest, data: Buffer.from(data).toString() }))).toEqual([
      { decodeTicks: 1_000, durationTicks: 40, offsetTicks: -1, flags: 0x0200_0000, data: 'aaa' },
      { decodeTicks: 1_040, durationTicks: 40, offsetTicks: 1, flags: 0x1_0000, data: 'bb' },
    ]);
  });

  test('samples outside their mdat, absurd counts and cut boxes are malformed', () => {
    const good = fragment({ startTicks: 0, durationTicks: 1, keyframe: true, data: Buffer.alloc(10) });
    const { moof, mdat } = boxesOf(good);
    expect(() => readFragment({ moof, mdat: mdat.subarray(0, 12) }, noDefaults)).toThrow(MalformedMp4);
    const traf = (trun: Uint8Array): Uint8Array =>
      box('moof', box('traf', box('tfhd', numbers(0, 1)), box('tfdt', numbers(0, 0)), trun));
    expect(() =>
      readFragment({ moof: traf(box('trun', numbers(0, 0xffff_ffff))), mdat }, noDefaults),
    ).toThrow(MalformedMp4);
    expect(() => readFragment({ moof: traf(box('trun', numbers(0x100, 2, 1))), mdat }, noDefaults)).toThrow(
      MalformedMp4,
    );
    expect(() => readFragment({ moof: box('moof'), mdat }, noDefaults)).toThrow(MalformedMp4);
  });
});

test('what is written is read back, times beyond 32 bits included', () => {
  const samples: Sample[] = [0, 1, 2].map((index) => ({
    decodeTicks: 2 ** 40 + index * 512,
    durationTicks: 512,
    offsetTicks: index - 1,
    flags: index === 0 ? 0x0200_0000 : 0x0101_0000,
    data: Buffer.alloc(5 + index, index + 1),
  }));
  const bytes = writeFragment(7, 1, samples);
  const read = readFragment(boxesOf(bytes), noDefaults);
  expect(read.map((sample) => ({ ...sample, data: Buffer.from(sample.data) }))).toEqual(samples);
});
