import type { Codec, TapPacket, Track } from '#src/core/media.ts';
import { Assembler } from '#src/bridge/depacketise/assembler.ts';
import { videoFormat } from '#src/bridge/depacketise/select.ts';
import type { AccessUnit } from '#src/bridge/depacketise/unit.ts';
import { matroskaBlock, matroskaHeader } from '#src/bridge/matroska.ts';

/** What came out of a depacketiser. */
export interface Depacketised {
  readonly units: readonly AccessUnit[];
  readonly damaged: number;
  readonly dropped: number;
}

export function videoTrack(codec: Codec, fmtp = ''): Track {
  return { kind: 'video', codec, clockRateHz: 90_000, fmtp, rids: [''] };
}

export const audioTrack: Track = { kind: 'audio', codec: 'opus', clockRateHz: 48_000, fmtp: '', rids: [''] };

/** Depacketises packets in order; a gap in the sequence is told as loss. */
export function depacketise(codec: Codec, packets: readonly TapPacket[], fmtp = ''): Depacketised {
  const units: AccessUnit[] = [];
  let damaged = 0;
  const assembler = new Assembler(videoFormat(videoTrack(codec, fmtp)), {
    unit: (unit) => units.push(unit),
    damaged: () => (damaged += 1),
  });
  let next: number | undefined;
  for (const packet of packets) {
    if (next !== undefined && packet.sequence !== next) assembler.lost();
    assembler.push(packet);
    next = packet.sequence + 1;
  }
  return { units, damaged, dropped: assembler.dropped };
}

/** The units as a Matroska file that begins at the first one. */
export function toMatroska(units: readonly AccessUnit[]): Uint8Array {
  const [first] = units;
  if (!first?.config) throw new Error('no keyframe first');
  const zero = first.timestamp;
  const rate = first.kind === 'video' ? 90 : 48;
  const blocks = units.map((unit) => matroskaBlock(1, ((unit.timestamp - zero) | 0) / rate, unit));
  return Buffer.concat([matroskaHeader([first.config]), ...blocks]);
}

/** One packet by hand. */
export function packet(
  sequence: number,
  timestamp: number,
  payload: readonly number[],
  marker = false,
): TapPacket {
  return {
    kind: 'video',
    codec: 'h264',
    sequence,
    timestamp,
    marker,
    keyframe: false,
    payload: Uint8Array.from(payload),
    arrivedMs: timestamp / 90,
  };
}

export function bytesOf(unit: AccessUnit | undefined): number[] {
  return [...Buffer.concat(unit?.chunks ?? [])];
}
