import { childBoxes, MalformedMp4, needBox, reading, viewOf } from './bmff.ts';

/** Values that hold for samples which do not say otherwise (ISO/IEC 14496-12 section 8.8.3). */
export interface SampleDefaults {
  readonly durationTicks: number;
  readonly sizeBytes: number;
  readonly flags: number;
}

/** One coded frame. */
export interface Sample {
  /** Decode time, absolute. */
  readonly decodeTicks: number;
  readonly durationTicks: number;
  /** Presentation time minus decode time. */
  readonly offsetTicks: number;
  readonly flags: number;
  readonly data: Uint8Array;
}

/** sample_is_non_sync_sample (ISO/IEC 14496-12 section 8.8.3.1). */
const nonSync = 0x0001_0000;
const maxSamplesPerFragment = 10_000;

/** Whether decoding can begin at this sample. */
export function isSync(sample: Sample): boolean {
  return (sample.flags & nonSync) === 0;
}

/** A moof box with the mdat box behind it, as whole boxes. */
export interface FragmentBoxes {
  readonly moof: Uint8Array;
  readonly mdat: Uint8Array;
}

/** The samples of one fragment whose data offsets count from the moof (default-base-is-moof); throws MalformedMp4. */
export function readFragment(
  { moof, mdat }: FragmentBoxes,
  trackDefaults: SampleDefaults,
): readonly Sample[] {
  return reading(() => {
    const traf = needBox(moof.subarray(8), 'traf');
    const defaults = readTfhd(needBox(traf, 'tfhd'), trackDefaults);
    const tfdt = viewOf(needBox(traf, 'tfdt'));
    let decodeTicks = tfdt.getUint8(0) === 1 ? Number(tfdt.getBigUint64(4)) : tfdt.getUint32(4);
    let position = moof.length + 8;
    const samples: Sample[] = [];
    for (const box of childBoxes(traf)) {
      if (box.type !== 'trun') continue;
      const run = readTrun(box.body, defaults);
      position = run.dataOffset ?? position;
      for (const entry of run.entries) {
        const data = dataAt(mdat, position - moof.length, entry.sizeBytes);
        const { durationTicks, flags, offsetTicks } = entry;
        samples.push({ decodeTicks, durationTicks, offsetTicks, flags, data });
        decodeTicks += durationTicks;
        position += entry.sizeBytes;
      }
    }
    return samples;
  });
}

function dataAt(mdat: Uint8Array, offset: number, sizeBytes: number): Uint8Array {
  if (offset < 8 || offset + sizeBytes > mdat.length)
    throw new MalformedMp4('a sample lies outside its mdat box');
  return mdat.subarray(offset, offset + sizeBytes);
}

function readTfhd(tfhd: Uint8Array, defaults: SampleDefaults): SampleDefaults {
  const view = viewOf(tfhd);
  const flags = view.getUint32(0) & 0xff_ffff;
  let offset = 8 + (flags & 0x01 ? 8 : 0) + (flags & 0x02 ? 4 : 0);
  const next = (bit: number, otherwise: number): number => {
    if (!(flags & bit)) return otherwise;
    offset += 4;
    return view.getUint32(offset - 4);
  };
  return {
    durationTicks: next(0x08, defaults.durationTicks),
    sizeBytes: next(0x10, defaults.sizeBytes),
    flags: next(0x20, defaults.flags),
  };
}

interface Trun {
  /** From the start of the moof; undefined: right behind the run before. */
  readonly dataOffset: number | undefined;
  readonly entries: readonly (SampleDefaults & { readonly offsetTicks: number })[];
}

function readTrun(trun: Uint8Array, defaults: SampleDefaults): Trun {
  const view = viewOf(trun);
  const flags = view.getUint32(0) & 0xff_ffff;
  const version = view.getUint8(0);
  const count = view.getUint32(4);
  if (count > maxSamplesPerFragment) throw new MalformedMp4(`a fragment claims ${count} samples`);
  let offset = 8;
  const next = (bit: number, otherwise: number): number => {
    if (!(flags & bit)) return otherwise;
    offset += 4;
    return view.getUint32(offset - 4);
  };
  const dataOffset = flags & 0x1 ? next(0x1, 0) | 0 : undefined;
  const firstFlags = flags & 0x4 ? next(0x4, 0) : undefined;
  const entries = Array.from({ length: count }, (_, index) => {
    const durationTicks = next(0x100, defaults.durationTicks);
    const sizeBytes = next(0x200, defaults.sizeBytes);
    const sampleFlags = next(0x400, defaults.flags);
    const raw = next(0x800, 0);
    const offsetTicks = version === 0 ? raw : raw | 0;
    return {
      durationTicks,
      sizeBytes,
      flags: index === 0 ? (firstFlags ?? sampleFlags) : sampleFlags,
      offsetTicks,
    };
  });
  return { dataOffset, entries };
}

const moofFixedBytes = 8 + 16 + 8 + 16 + 20 + 20;
const trunEntryBytes = 16;
const defaultBaseIsMoof = 0x02_0000;
/** Offset, and per sample: duration, size, flags, composition offset. */
const trunFlags = 0x1 | 0x100 | 0x200 | 0x400 | 0x800;

/** Writes samples as one moof and one mdat: the bytes of a part (RFC 8216bis section 3.1.2). */
export function writeFragment(sequence: number, trackId: number, samples: readonly Sample[]): Uint8Array {
  const moofBytes = moofFixedBytes + trunEntryBytes * samples.length;
  const dataBytes = samples.reduce((sum, sample) => sum + sample.data.length, 0);
  const bytes = new Uint8Array(moofBytes + 8 + dataBytes);
  const view = viewOf(bytes);
  let at = 0;
  const put = (...values: readonly number[]): void => {
    for (const value of values) {
      view.setUint32(at, value >>> 0);
      at += 4;
    }
  };
  put(moofBytes, fourcc('moof'), 16, fourcc('mfhd'), 0, sequence);
  put(moofBytes - 24, fourcc('traf'), 16, fourcc('tfhd'), defaultBaseIsMoof, trackId);
  const startTicks = samples[0]?.decodeTicks ?? 0;
  put(20, fourcc('tfdt'), 0x0100_0000, Math.floor(startTicks / 2 ** 32), startTicks % 2 ** 32);
  put(20 + trunEntryBytes * samples.length, fourcc('trun'), 0x0100_0000 | trunFlags, samples.length);
  put(moofBytes + 8);
  for (const { durationTicks, data, flags, offsetTicks } of samples)
    put(durationTicks, data.length, flags, offsetTicks);
  put(dataBytes + 8, fourcc('mdat'));
  for (const { data } of samples) {
    bytes.set(data, at);
    at += data.length;
  }
  return bytes;
}

function fourcc(type: string): number {
  return viewOf(Buffer.from(type, 'latin1')).getUint32(0);
}
