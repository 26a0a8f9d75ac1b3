import { expect, test } from 'vitest';
import { FrameReader, writeFrame } from '#src/media/tcp/framing.ts';

function framed(...packets: readonly Buffer[]): Buffer {
  const out = Buffer.alloc(packets.reduce((sum, { length }) => sum + 2 + length, 0));
  packets.reduce((at, packet) => writeFrame(out, at, packet), 0);
  return out;
}

function collect(reader: FrameReader, chunks: readonly Buffer[]): { frames: string[]; ok: boolean } {
  const frames: string[] = [];
  const ok = chunks.every((chunk) => reader.read(chunk, (frame) => frames.push(frame.toString('hex')) > 0));
  return { frames, ok };
}

const packets = [Buffer.from([1]), Buffer.alloc(300, 2), Buffer.from([3, 4, 5])];
const texts = packets.map((packet) => packet.toString('hex'));

test('frames come out as they went in, several in one piece', () => {
  expect(collect(new FrameReader(2_048), [framed(...packets)])).toEqual({ frames: texts, ok: true });
});

test('wherever the stream is cut in two', () => {
  const bytes = framed(...packets);
  for (let at = 0; at <= bytes.length; at++) {
    const outcome = collect(new FrameReader(2_048), [bytes.subarray(0, at), bytes.subarray(at)]);
    expect(outcome, `cut at ${String(at)}`).toEqual({ frames: texts, ok: true });
  }
});

test('byte by byte', () => {
  const bytes = framed(...packets);
  const single = Array.from(bytes, (byte) => Buffer.from([byte]));
  expect(collect(new FrameReader(2_048), single)).toEqual({ frames: texts, ok: true });
});

test('frames of no length are passed over', () => {
  const bytes = framed(Buffer.alloc(0), packets[0]!, Buffer.alloc(0));
  expect(collect(new FrameReader(2_048), [bytes]).frames).toEqual([texts[0]]);
});

test('a frame that is too large ends the reading, whole or cut', () => {
  const bytes = framed(packets[0]!, Buffer.alloc(301), packets[2]!);
  expect(collect(new FrameReader(300), [bytes])).toEqual({ frames: [texts[0]], ok: false });
  expect(collect(new FrameReader(300), [bytes.subarray(0, 4), bytes.subarray(4)])).toEqual({
    frames: [texts[0]],
    ok: false,
  });
});

test('nothing more is handed out once the listener has had enough', () => {
  const seen: number[] = [];
  const reader = new FrameReader(2_048);
  reader.read(framed(...packets), (frame) => {
    seen.push(frame.length);
    return false;
  });
  expect(seen).toEqual([1]);
});

test('a frame put together from pieces does not share their memory', () => {
  const bytes = framed(Buffer.from('whole'));
  const kept: Buffer[] = [];
  const reader = new FrameReader(2_048);
  const hear = (frame: Buffer): boolean => kept.push(frame) > 0;
  const [first, second] = [Buffer.from(bytes.subarray(0, 4)), Buffer.from(bytes.subarray(4))];
  reader.read(first, hear);
  reader.read(second, hear);
  first.fill(0);
  second.fill(0);
  expect(kept.map(String)).toEqual(['whole']);
});
