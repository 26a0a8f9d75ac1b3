import { H264ParameterSets } from '#src/rtp/h264/parameter-sets.ts';
import { H264PictureOrder } from '#src/rtp/h264/picture-order.ts';
import { readSliceHeader, sliceParameterSet } from '#src/rtp/h264/slice.ts';
import { withoutEmulation } from '#src/rtp/keyframe/bits.ts';
import { parseH264Sps } from '#src/rtp/keyframe/h264-sps.ts';
import type { Recording } from '#test/kit/recording.ts';

/** One picture as its first slice describes it. */
export interface ReadPicture {
  readonly idr: boolean;
  readonly bidirectional: boolean;
  readonly order: number | undefined;
}

/** Reads every picture of a recording, in decoding order. */
export function readPictures({ pictures }: Recording): ReadPicture[] {
  const sets = new H264ParameterSets();
  const orders = new H264PictureOrder();
  return pictures.flatMap((nals) => {
    for (const nal of nals) {
      const header = nal[0] ?? 0;
      const type = header & 31;
      if (type === 7) sets.sequence(nal);
      if (type === 8) sets.picture(nal);
      if (type !== 1 && type !== 5) continue;
      const idr = type === 5;
      const sps = sets.of(sliceParameterSet(nal, 1) ?? -1);
      const slice = sps && readSliceHeader({ bytes: nal, bodyAt: 1, idr }, sps);
      if (!sps || !slice) throw new Error('a slice that cannot be read');
      const order = orders.next(slice, { idr, reference: (header & 0x60) !== 0 }, sps);
      return [{ idr, bidirectional: slice.bidirectional, order }];
    }
    return [];
  });
}

/** The same SPS without its usability information (VUI), as some hardware encoders write it. */
export function withoutUsability(nal: Uint8Array): Uint8Array {
  const bytes = withoutEmulation(nal, 0, nal.length);
  const full = parseH264Sps(nal);
  for (let bit = 32; bit < 8 * bytes.length; bit += 1) {
    // Cut off where the set can be read for the first time: that is where the flag stands. Then comes the stop bit.
    const cut = bytes.slice(0, Math.ceil((bit + 2) / 8));
    for (let at = bit; at < 8 * cut.length; at += 1) setBit(cut, at, at === bit + 1);
    const sps = parseH264Sps(cut);
    if (full && sps?.width === full.width && sps.height === full.height) return cut;
  }
  throw new Error('no usability information was found');
}

function setBit(bytes: Uint8Array, at: number, on: boolean): void {
  const mask = 0x80 >> (at & 7);
  bytes[at >> 3] = on ? (bytes[at >> 3] ?? 0) | mask : (bytes[at >> 3] ?? 0) & ~mask;
}
