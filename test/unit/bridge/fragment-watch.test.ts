import { expect, test } from 'vitest';
import { FragmentWatch } from '#src/bridge/fragment-watch.ts';

function box(type: string, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

function tfdt(ticks: number, version = 1): Buffer {
  const body = Buffer.alloc(version === 1 ? 12 : 8);
  body[0] = version;
  if (version === 1) body.writeBigUInt64BE(BigInt(ticks), 4);
  else body.writeUInt32BE(ticks, 4);
  return box('tfdt', body);
}

const moof = (time: Uint8Array): Buffer =>
  box('moof', box('mfhd', Buffer.alloc(8)), box('traf', box('tfhd', Buffer.alloc(8)), time, box('trun')));
const head = Buffer.concat([box('ftyp', Buffer.alloc(12)), box('moov', Buffer.alloc(300))]);
const mdat = box('mdat', Buffer.alloc(50, 7));
const far = 2 ** 40;
const stream = Buffer.concat([
  head,
  moof(tfdt(1_000_000)),
  mdat,
  moof(tfdt(far)),
  mdat,
  moof(tfdt(77, 0)),
  mdat,
]);

test.each([1, 3, 7, 64, 1_000])(
  'knows the last fragment that is complete, in chunks of %i bytes',
  (sizeBytes) => {
    const watch = new FragmentWatch();
    const seen = new Set<number | undefined>();
    for (let at = 0; at < stream.length; at += sizeBytes) {
      watch.push(stream.subarray(at, at + sizeBytes));
      seen.add(watch.lastTicks);
    }
    expect(watch.lastTicks).toBe(77);
    if (sizeBytes < 50) expect([...seen]).toEqual([undefined, 1_000_000, far, 77]);
  },
);

test('a fragment counts when the last byte of its media is there', () => {
  const watch = new FragmentWatch();
  const fragment = Buffer.concat([head, moof(tfdt(5)), mdat]);
  watch.push(fragment.subarray(0, -1));
  expect(watch.lastTicks).toBeUndefined();
  watch.push(fragment.subarray(-1));
  expect(watch.lastTicks).toBe(5);
  watch.push(box('mdat'));
  expect(watch.lastTicks).toBe(5);
});

test.each([
  ['a box that says to be shorter than its header', Buffer.from('00000003', 'hex')],
  ['a moof that is too large', Buffer.from('00100000', 'hex')],
])('%s ends it', (_, size) => {
  const watch = new FragmentWatch();
  watch.push(Buffer.concat([moof(tfdt(5)), mdat, size, Buffer.from('moof'), moof(tfdt(6)), mdat]));
  expect(watch.lastTicks).toBe(5);
});

test('a moof without its time changes nothing', () => {
  const watch = new FragmentWatch();
  watch.push(Buffer.concat([moof(tfdt(5)), mdat, box('moof'), mdat, moof(box('free')), mdat]));
  watch.push(Buffer.concat([moof(box('tfdt', Buffer.alloc(4))), mdat, box('moof', Buffer.alloc(9)), mdat]));
  expect(watch.lastTicks).toBe(5);
});
