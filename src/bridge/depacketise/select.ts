import type { Track, VideoCodec } from '#src/core/media.ts';
import { Av1Format } from './av1.ts';
import { H264Format } from './h264.ts';
import { H265Format } from './h265.ts';
import type { PayloadFormat } from './unit.ts';
import { Vp8Format } from './vp8.ts';
import { Vp9Format } from './vp9.ts';

/** The payload format of a video track. */
export function videoFormat(track: Track): PayloadFormat {
  switch (track.codec as VideoCodec) {
    case 'h264':
      return new H264Format(track.fmtp);
    case 'h265':
      return new H265Format();
    case 'vp8':
      return new Vp8Format();
    case 'vp9':
      return new Vp9Format();
    case 'av1':
      return new Av1Format();
  }
}
