import type { TrackKind } from '#src/core/media.ts';
import { findBox, MalformedMp4, needBox, reading, viewOf, type Box, childBoxes } from './bmff.ts';
import type { SampleDefaults } from './fragment.ts';

/** What the init segment (moov) of one track tells. */
export interface InitFacts {
  readonly kind: TrackKind;
  readonly trackId: number;
  /** Ticks per second of this track's times. */
  readonly timescale: number;
  /** For CODECS (RFC 6381), e.g. avc1.42c01e. */
  readonly codecs: string;
  /** 0 for audio. */
  readonly width: number;
  readonly height: number;
  /** 0 for video. */
  readonly channels: number;
  readonly defaults: SampleDefaults;
}

const visualEntryBytes = 78;
const audioEntryBytes = 28;

/** Reads the body of a moov box that holds one track; throws MalformedMp4. */
export function readInit(moov: Uint8Array): InitFacts {
  return reading(() => {
    const mdia = needBox(moov, 'trak', 'mdia');
    const mdhd = viewOf(needBox(mdia, 'mdhd'));
    const timescale = mdhd.getUint32(mdhd.getUint8(0) === 1 ? 20 : 12);
    if (timescale === 0) throw new MalformedMp4('the timescale is 0');
    const stsd = needBox(mdia, 'minf', 'stbl', 'stsd');
    const [entry] = childBoxes(stsd.subarray(8));
    if (!entry) throw new MalformedMp4('the track has no sample entry');
    const tkhd = viewOf(needBox(moov, 'trak', 'tkhd'));
    const trackId = tkhd.getUint32(tkhd.getUint8(0) === 1 ? 20 : 12);
    return { trackId, timescale, defaults: readTrex(moov), ...readEntry(entry) };
  });
}

function readTrex(moov: Uint8Array): SampleDefaults {
  const trex = viewOf(needBox(moov, 'mvex', 'trex'));
  return { durationTicks: trex.getUint32(12), sizeBytes: trex.getUint32(16), flags: trex.getUint32(20) };
}

type EntryFacts = Pick<InitFacts, 'kind' | 'codecs' | 'width' | 'height' | 'channels'>;

function readEntry(entry: Box): EntryFacts {
  const view = viewOf(entry.body);
  switch (entry.type) {
    case 'avc1':
    case 'avc3': {
      const avcC = needBox(entry.body.subarray(visualEntryBytes), 'avcC');
      const profile = Buffer.from(avcC.subarray(1, 4)).toString('hex');
      const size = { width: view.getUint16(24), height: view.getUint16(26) };
      return { kind: 'video', codecs: `${entry.type}.${profile}`, ...size, channels: 0 };
    }
    case 'mp4a': {
      const esds = needBox(entry.body.subarray(audioEntryBytes), 'esds');
      const codecs = `mp4a.40.${audioObjectType(esds)}`;
      return { kind: 'audio', codecs, width: 0, height: 0, channels: view.getUint16(16) };
    }
    case 'Opus': {
      const dOps = findBox(entry.body.subarray(audioEntryBytes), 'dOps');
      const channels = dOps?.[1] ?? view.getUint16(16);
      return { kind: 'audio', codecs: 'Opus', width: 0, height: 0, channels };
    }
    default:
      throw new MalformedMp4(`sample entries of type ${entry.type} cannot be packaged`);
  }
}

/** Audio object type of the DecoderSpecificInfo (ISO/IEC 14496-3 section 1.6.2.1): 2 is AAC-LC. */
function audioObjectType(esds: Uint8Array): number {
  const config = findDescriptor(esds.subarray(4), [3, 4, 5]);
  const first = config?.[0];
  if (first === undefined) throw new MalformedMp4('the audio track has no decoder configuration');
  return first >> 3;
}

/** Bytes in front of the nested descriptors, by tag (ISO/IEC 14496-1 section 7.2.6). */
const fixedBytes: Readonly<Record<number, number>> = { 3: 3, 4: 13 };

function findDescriptor(bytes: Uint8Array, path: readonly number[]): Uint8Array | undefined {
  const [tag, ...rest] = path;
  let offset = 0;
  while (offset < bytes.length) {
    const found = bytes[offset++];
    let length = 0;
    for (let more = true; more && offset < bytes.length;) {
      const byte = bytes[offset++] ?? 0;
      length = (length << 7) | (byte & 0x7f);
      more = (byte & 0x80) !== 0;
    }
    const body = bytes.subarray(offset, offset + length);
    if (found === tag && tag !== undefined)
      return rest.length === 0 ? body : findDescriptor(body.subarray(fixedBytes[tag] ?? 0), rest);
    offset += length;
  }
  return undefined;
}
