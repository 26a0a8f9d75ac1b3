import { describe, expect, test } from 'vitest';
import { ExtensionReader, ExtensionRewriter, extensionName, extensionUris } from '#src/rtp/extensions.ts';
import { RtpHeader } from '#src/rtp/header.ts';
import { hex } from './packets.ts';

test('every URI leads back to its name, an unknown one nowhere', () => {
  for (const [name, uri] of Object.entries(extensionUris)) expect(extensionName(uri)).toBe(name);
  expect(extensionName('urn:ietf:params:rtp-hdrext:toffset')).toBeUndefined();
});

/** Elements of a complete block as [id, hex data]. */
function elements(block: Uint8Array): [number, string][] {
  const reader = new ExtensionReader();
  const found: [number, string][] = [];
  reader.start(block);
  while (reader.next()) {
    found.push([
      reader.id,
      Buffer.from(block.subarray(reader.offset, reader.offset + reader.bytes)).toString('hex'),
    ]);
  }
  return found;
}

describe('ExtensionReader', () => {
  test('one-byte headers with padding between (RFC 8285 section 4.2)', () => {
    expect(elements(hex('bede 0002 10aa 00 00 21bbcc 00'))).toEqual([
      [1, 'aa'],
      [2, 'bbcc'],
    ]);
  });

  test('two-byte headers, empty elements and large ids (section 4.3)', () => {
    expect(elements(hex('1003 0002 ff00 00 1002aabb 00'))).toEqual([
      [255, ''],
      [16, 'aabb'],
    ]);
  });

  test('id 15 ends a one-byte block', () => {
    expect(elements(hex('bede 0001 f0aa 10bb'))).toEqual([]);
  });

  test('elements that overrun the block, and blocks of other profiles, hold nothing', () => {
    expect(elements(hex('bede 0001 13aabbcc'))).toEqual([]);
    expect(elements(hex('1000 0001 01ffaabb'))).toEqual([]);
    expect(elements(hex('abcd 0001 10aa0000'))).toEqual([]);
    expect(elements(new Uint8Array(0))).toEqual([]);
  });

  test('a length that promises more than there is reads only what is there', () => {
    expect(elements(hex('bede 00ff 10aa'))).toEqual([[1, 'aa']]);
  });

  test('finds one element in a parsed packet and gives it as text', () => {
    const packet = hex('90 60 0001 00000002 00000003 bede0002 2176 30 47 6869 000000');
    const header = new RtpHeader();
    expect(header.parse(packet)).toBe(true);
    const reader = new ExtensionReader();
    expect(reader.find(packet, header, 2)).toBe(true);
    expect(reader.text()).toBe('v0');
    expect(reader.find(packet, header, 9)).toBe(false);
  });
});

describe('ExtensionRewriter', () => {
  const publisher = {
    mid: 1,
    rid: 2,
    'abs-capture-time': 3,
    'audio-level': 4,
    'transport-cc': 5,
    'video-orientation': 6,
  };

  test('ids become the viewer ids, hop-by-hop and foreign ones go, mid comes in', () => {
    const viewer = { mid: 9, rid: 10, 'audio-level': 7, 'video-orientation': 11 };
    const rewriter = new ExtensionRewriter({ publisher, viewer, mid: '0' });
    const block = rewriter.rewrite(hex('bede 0004 1070 2071 40ff 510001 6003 d0ee 000000'));
    expect(elements(block)).toEqual([
      [9, '30'],
      [7, 'ff'],
      [11, '03'],
    ]);
    expect([block[0], block[1]]).toEqual([0xbe, 0xde]);
    expect(block.length).toBe(4 + 4 * ((block[2]! << 8) | block[3]!));
  });

  test('nothing to send is no block at all', () => {
    const rewriter = new ExtensionRewriter({ publisher, viewer: {}, mid: '0' });
    expect(rewriter.rewrite(hex('bede 0001 40ff 0000'))).toHaveLength(0);
    expect(rewriter.rewrite(new Uint8Array(0))).toHaveLength(0);
  });

  test('mid alone when the publisher sends none', () => {
    const rewriter = new ExtensionRewriter({ publisher: {}, viewer: { mid: 4 }, mid: 'v1' });
    expect(elements(rewriter.rewrite(new Uint8Array(0)))).toEqual([[4, '7631']]);
    const without = new ExtensionRewriter({ publisher: {}, viewer: { mid: 4 }, mid: '' });
    expect(without.rewrite(new Uint8Array(0))).toHaveLength(0);
  });

  test('an id above 14 or an element that one byte cannot describe makes the block two-byte', () => {
    const wide = new ExtensionRewriter({ publisher, viewer: { 'audio-level': 20, mid: 1 }, mid: 'a' });
    const block = wide.rewrite(hex('bede 0001 40ff 0000'));
    expect([block[0], block[1]]).toEqual([0x10, 0x00]);
    expect(elements(block)).toEqual([
      [1, '61'],
      [20, 'ff'],
    ]);
    const descriptor = { 'dependency-descriptor': 3 };
    const long = new ExtensionRewriter({ publisher: descriptor, viewer: descriptor, mid: '' });
    const data = '11'.repeat(18);
    expect(elements(long.rewrite(hex(`1000 0005 0312 ${data}`)))).toEqual([[3, data]]);
    expect(elements(long.rewrite(hex('1000 0001 0300 0000')))).toEqual([[3, '']]);
  });

  test('two-byte input goes back to one-byte when that is enough', () => {
    const rewriter = new ExtensionRewriter({ publisher, viewer: { 'audio-level': 2 }, mid: '' });
    const block = rewriter.rewrite(hex('1000 0001 0401 7f 00'));
    expect([...block]).toEqual([...hex('bede 0001 20 7f 0000')]);
  });

  test('a transport-wide number has its place, the same in every packet, and keeps the time of sending away', () => {
    const viewer = { mid: 9, 'audio-level': 7, 'transport-cc': 8, 'abs-send-time': 2 };
    const rewriter = new ExtensionRewriter({ publisher, viewer, mid: '0' });
    const loud = rewriter.rewrite(hex('bede 0002 40ff 51ffff 000000'), 1_000);
    expect(elements(loud)).toEqual([
      [9, '30'],
      [8, '0000'],
      [7, 'ff'],
    ]);
    const at = rewriter.transportAt;
    loud.set([0xab, 0xcd], at);
    expect(elements(loud)[1]).toEqual([8, 'abcd']);
    expect(elements(rewriter.rewrite(new Uint8Array(0)))).toEqual([
      [9, '30'],
      [8, '0000'],
    ]);
    expect(rewriter.transportAt).toBe(at);
  });

  test('ids above 14 move the place of the number by their longer headers', () => {
    const rewriter = new ExtensionRewriter({ publisher: {}, viewer: { 'transport-cc': 20 }, mid: '' });
    expect([...rewriter.rewrite(new Uint8Array(0))]).toEqual([...hex('1000 0001 1402 0000')]);
    expect(rewriter.transportAt).toBe(6);
    const none = new ExtensionRewriter({ publisher: {}, viewer: { mid: 1 }, mid: 'a' });
    none.rewrite(new Uint8Array(0));
    expect(none.transportAt).toBe(0);
  });

  test('the time of sending is 6.18 fixed point of 64 s, and left out when it is not known', () => {
    const rewriter = new ExtensionRewriter({ publisher: {}, viewer: { 'abs-send-time': 2 }, mid: '' });
    expect(elements(rewriter.rewrite(new Uint8Array(0), 0))).toEqual([[2, '000000']]);
    expect(elements(rewriter.rewrite(new Uint8Array(0), 1_500))).toEqual([[2, '060000']]);
    expect(elements(rewriter.rewrite(new Uint8Array(0), 64_000 * 7 + 63_999.999))).toEqual([[2, 'ffffff']]);
    expect(rewriter.rewrite(new Uint8Array(0))).toHaveLength(0);
    const wide = new ExtensionRewriter({ publisher: {}, viewer: { 'abs-send-time': 15 }, mid: '' });
    expect(elements(wide.rewrite(new Uint8Array(0), 0))).toEqual([[15, '000000']]);
  });

  test('absurd input stays within bounds', () => {
    const rewriter = new ExtensionRewriter({
      publisher: { 'color-space': 1 },
      viewer: { 'color-space': 20 },
      mid: 'm'.repeat(300),
    });
    const one = `01ff${'00'.repeat(255)}`;
    const block = rewriter.rewrite(hex(`1000 0140 ${one.repeat(4)}${'00'.repeat(252)}`));
    expect(block.length).toBeLessThanOrEqual(1024);
  });
});
