import type { Codec } from '#src/core/media.ts';
import type { CodecConfig } from './depacketise/unit.ts';

/**
 * Ticks of one millisecond: TimestampScale is 10 us, since whole milliseconds would make 30 fps jitter. Copied video comes out in the
 * same ticks.
 */
export const ticksPerMs = 100;
const nsPerTick = 1_000_000 / ticksPerMs;

const codecIds: Readonly<Record<Codec, string>> = {
  h264: 'V_MPEG4/ISO/AVC',
  h265: 'V_MPEGH/ISO/HEVC',
  vp8: 'V_VP8',
  vp9: 'V_VP9',
  av1: 'V_AV1',
  opus: 'A_OPUS',
};

/** A block's content, as a depacketiser leaves it. */
export interface BlockContent {
  readonly keyframe: boolean;
  readonly chunks: readonly Uint8Array[];
  readonly sizeBytes: number;
}

/** A track as the header tells it. */
export interface TrackHead extends CodecConfig {
  /**
   * How long a picture usually lasts (DefaultDuration): encoders share out bits by it, and would otherwise take the tick of the
   * timestamps for it. Not for pictures that are copied, which it would give durations of its own.
   */
  readonly pictureMs?: number;
}

/**
 * The beginning of a live Matroska stream (RFC 9559): EBML header, a Segment of unknown size, Info and Tracks. Track
 * numbers are 1, 2, ... in the order of `configs`.
 */
export function matroskaHeader(configs: readonly TrackHead[]): Uint8Array {
  const ebml = element(0x1a45dfa3, [
    unsigned(0x4286, 1),
    unsigned(0x42f7, 1),
    unsigned(0x42f2, 4),
    unsigned(0x42f3, 8),
    text(0x4282, 'matroska'),
    unsigned(0x4287, 4),
    unsigned(0x4285, 2),
  ]);
  // Unknown size (RFC 8794 section 6.2): the stream ends when it ends.
  const segment = Buffer.from('1853806701ffffffffffffff', 'hex');
  const info = element(0x1549a966, [
    unsigned(0x2ad7b1, nsPerTick),
    text(0x4d80, 'frontrow'),
    text(0x5741, 'frontrow'),
  ]);
  const entries = configs.map((config, index) => trackEntry(config, index + 1));
  return Buffer.concat([ebml, segment, info, element(0x1654ae6b, entries)]);
}

/**
 * One cluster with one SimpleBlock (RFC 9559 section 10.2), so that a reader has all of a frame as soon as its last
 * byte came. The only place where media bytes are copied.
 */
export function matroskaBlock(track: number, timeMs: number, content: BlockContent): Uint8Array {
  const blockBytes = 4 + content.sizeBytes;
  // Fixed-width fields: cluster id 4, size 8, timestamp 2 + 8, block id 1, block size 8.
  const block = Buffer.allocUnsafe(4 + 8 + 10 + 9 + blockBytes);
  let at = block.writeUInt32BE(0x1f43b675, 0);
  at = writeSize(block, 10 + 9 + blockBytes, at);
  at = block.writeUInt16BE(0xe788, at);
  at = block.writeBigUInt64BE(BigInt(Math.round(timeMs * ticksPerMs)), at);
  at = block.writeUInt8(0xa3, at);
  at = writeSize(block, blockBytes, at);
  at = block.writeUInt8(0x80 | track, at);
  at = block.writeInt16BE(0, at);
  at = block.writeUInt8(content.keyframe ? 0x80 : 0, at);
  for (const chunk of content.chunks) {
    block.set(chunk, at);
    at += chunk.length;
  }
  return block;
}

/** A block of a track whose pictures are shown in another order than they are decoded in. */
export interface ReorderedBlock {
  /** When it is decoded. */
  readonly timeMs: number;
  /** How much later it is shown. */
  readonly offsetMs: number;
}

/**
 * One cluster with one BlockGroup (RFC 9559 section 5.1.3.5). Matroska knows no decoding times: here the timestamp is one, and
 * the block's duration, one tick longer so that it is never 0, says how much later the picture is shown. FFmpeg is told to
 * read it so.
 */
export function matroskaReorderedBlock(track: number, at: ReorderedBlock, content: BlockContent): Uint8Array {
  const head = Buffer.of(0x80 | track, 0, 0, 0);
  const parts = [
    element(0xa1, [head, ...content.chunks]),
    unsigned(0x9b, Math.round(at.offsetMs * ticksPerMs) + 1),
  ];
  // A block that refers to no other is a keyframe.
  if (!content.keyframe) parts.push(element(0xfb, [Buffer.of(0xff)]));
  const time = unsigned(0xe7, Math.round(at.timeMs * ticksPerMs));
  return element(0x1f43b675, [time, element(0xa0, parts)]);
}

/** Writes an eight-byte EBML size (RFC 8794 section 6). */
function writeSize(target: Buffer, size: number, at: number): number {
  target.writeUInt32BE(0x01000000 + Math.floor(size / 2 ** 32), at);
  return target.writeUInt32BE(size >>> 0, at + 4);
}

function trackEntry(config: TrackHead, number: number): Uint8Array {
  const video = config.codec !== 'opus';
  const fields = [
    unsigned(0xd7, number),
    unsigned(0x73c5, number),
    unsigned(0x83, video ? 1 : 2),
    unsigned(0x9c, 0), // no lacing
    text(0x86, codecIds[config.codec]),
  ];
  if (config.codecPrivate.length > 0) fields.push(element(0x63a2, [config.codecPrivate]));
  if (config.pictureMs !== undefined) fields.push(unsigned(0x23e383, Math.round(config.pictureMs * 1e6)));
  if (video) fields.push(element(0xe0, [unsigned(0xb0, config.width), unsigned(0xba, config.height)]));
  // Opus: CodecDelay 0, SeekPreRoll 80 ms, stereo at 48 kHz.
  else
    fields.push(
      unsigned(0x56aa, 0),
      unsigned(0x56bb, 80_000_000),
      element(0xe1, [float(0xb5, 48_000), unsigned(0x9f, 2)]),
    );
  return element(0xae, fields);
}

function element(id: number, content: readonly Uint8Array[]): Uint8Array {
  const head = Buffer.alloc(8);
  writeSize(
    head,
    content.reduce((sum, part) => sum + part.length, 0),
    0,
  );
  return Buffer.concat([idBytes(id), head, ...content]);
}

function unsigned(id: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return element(id, [bytes]);
}

function float(id: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return element(id, [bytes]);
}

function text(id: number, value: string): Uint8Array {
  return element(id, [Buffer.from(value)]);
}

function idBytes(id: number): Uint8Array {
  const hex = id.toString(16);
  return Buffer.from(hex, 'hex');
}
