import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TapPacket } from '#src/core/media.ts';

const run = promisify(execFile);
const temporalDelimiter = 2;

/** FFmpeg 5.1 cannot send AV1 over RTP: it encodes, and this cuts the OBUs into packets as the payload format says. */
export async function recordAv1(input: readonly string[], encoder: readonly string[]): Promise<TapPacket[]> {
  const args = ['-v', 'error', '-nostdin', ...input, ...encoder, '-f', 'obu', '-'];
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });
  return temporalUnits(stdout).flatMap((obus, index, all) => {
    const before = all.slice(0, index).reduce((sum, unit) => sum + packetCount(unit), 0);
    return packetise(obus, index * 3000, before);
  });
}

/** Cuts one temporal unit: two fragments of 700 bytes at most per packet, sizes on all elements (W = 0). */
function packetise(obus: readonly Uint8Array[], timestamp: number, firstSequence: number): TapPacket[] {
  const pieces = obus.flatMap(fragments);
  const isKey = obus.some((obu) => (((obu[0] ?? 0) >> 3) & 15) === 1);
  return pieces.map(({ bytes, first, last }, index) => ({
    kind: 'video',
    codec: 'av1',
    sequence: firstSequence + index,
    timestamp,
    marker: index === pieces.length - 1,
    keyframe: false,
    // Alternate W = 0 with a length and W = 1 without: both are allowed.
    payload: Uint8Array.from([
      (first ? 0 : 0x80) | (last ? 0 : 0x40) | (index % 2 ? 0x10 : 0) | (isKey && index === 0 ? 8 : 0),
      ...(index % 2 ? [] : leb128(bytes.length)),
      ...bytes,
    ]),
    arrivedMs: timestamp / 90,
  }));
}

function packetCount(obus: readonly Uint8Array[]): number {
  return obus.flatMap(fragments).length;
}

function fragments(obu: Uint8Array): { bytes: Uint8Array; first: boolean; last: boolean }[] {
  const count = Math.ceil(obu.length / 700);
  return Array.from({ length: count }, (_, index) => ({
    bytes: obu.subarray(index * 700, (index + 1) * 700),
    first: index === 0,
    last: index === count - 1,
  }));
}

/** Low-overhead OBUs, grouped at temporal delimiters; size fields are taken out, as RTP wants it. */
function temporalUnits(stream: Uint8Array): Uint8Array[][] {
  const units: Uint8Array[][] = [];
  let at = 0;
  while (at < stream.length) {
    const header = stream[at] ?? 0;
    const headerBytes = header & 4 ? 2 : 1;
    let size = 0;
    let sizeAt = at + headerBytes;
    for (let shift = 0; ; shift += 7, sizeAt += 1) {
      size += ((stream[sizeAt] ?? 0) & 0x7f) * 2 ** shift;
      if (!((stream[sizeAt] ?? 0) & 0x80)) break;
    }
    const body = stream.subarray(sizeAt + 1, sizeAt + 1 + size);
    const head = [header & ~2, ...(headerBytes === 2 ? [stream[at + 1] ?? 0] : [])];
    if (((header >> 3) & 15) === temporalDelimiter) units.push([]);
    else units.at(-1)?.push(Uint8Array.from([...head, ...body]));
    at = sizeAt + 1 + size;
  }
  return units;
}

function leb128(value: number): number[] {
  return value > 0x7f ? [(value & 0x7f) | 0x80, ...leb128(value >> 7)] : [value];
}
