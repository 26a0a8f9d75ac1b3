import { describe, expect, test } from 'vitest';
import { BoxSplitter, childBoxes, findBox, MalformedMp4, needBox, reading, viewOf } from '#src/hls/bmff.ts';
import { box, numbers } from '#test/kit/hls-source.ts';

describe('the splitter', () => {
  const stream = Buffer.concat([box('ftyp', numbers(1)), box('free'), box('mdat', Buffer.alloc(300, 7))]);

  test.each([1, 2, 7, 8, 9, 100, 10_000])('finds the same boxes in chunks of %i bytes', (size) => {
    const splitter = new BoxSplitter();
    const found = [];
    for (let at = 0; at < stream.length; at += size)
      found.push(...splitter.push(stream.subarray(at, at + size)));
    expect(found.map(({ type, bytes }) => [type, bytes.length])).toEqual([
      ['ftyp', 12],
      ['free', 8],
      ['mdat', 308],
    ]);
    expect(Buffer.concat(found.map(({ bytes }) => bytes))).toEqual(stream);
    expect(found[2]?.body.length).toBe(300);
  });

  test('does not copy a box that came in one piece', () => {
    const [first] = new BoxSplitter().push(stream);
    expect(first?.bytes.buffer).toBe(stream.buffer);
  });

  test.each([0, 1, 7, 0xffff_ffff])('refuses a box that claims %i bytes', (size) => {
    expect(() => new BoxSplitter().push(Buffer.concat([numbers(size), Buffer.from('mdat')]))).toThrow(
      MalformedMp4,
    );
  });

  test('an empty chunk changes nothing', () => {
    expect(new BoxSplitter().push(new Uint8Array(0))).toEqual([]);
  });
});

describe('boxes within boxes', () => {
  const tree = box('moov', box('free'), box('trak', box('tkhd', numbers(5))));

  test('are found by their path', () => {
    const body = tree.subarray(8);
    expect([...childBoxes(body)].map(({ type }) => type)).toEqual(['free', 'trak']);
    expect(findBox(body, 'trak', 'tkhd')).toEqual(numbers(5));
    expect(findBox(body, 'trak', 'mdia')).toBeUndefined();
    expect(() => needBox(body, 'mvex', 'trex')).toThrow('there is no mvex/trex box');
  });

  test('may not be longer than their parent, nor end within a header', () => {
    expect(() => [...childBoxes(tree.subarray(8, tree.length - 1))]).toThrow(MalformedMp4);
    expect(() => [...childBoxes(Buffer.concat([box('free'), Buffer.alloc(3)]))]).toThrow(MalformedMp4);
  });
});

test('reading beyond the end is malformed, other errors stay what they are', () => {
  expect(() => reading(() => viewOf(new Uint8Array(3)).getUint32(0))).toThrow(MalformedMp4);
  expect(() =>
    reading(() => {
      throw new TypeError('ours');
    }),
  ).toThrow(TypeError);
});
