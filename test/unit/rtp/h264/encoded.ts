import { H264ParameterSets } from '#src/rtp/h264/parameter-sets.ts';
import { H264PictureOrder } from '#src/rtp/h264/picture-order.ts';
import { readSliceHeader, sliceParameterSet } from '#src/rtp/h264/slice.ts';
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
