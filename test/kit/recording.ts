import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { barcodeColumns, barcodeHeightShare, barcodeRows, encodeBarcode } from './barcode.ts';
import { temporalUnits } from './obs-av1.ts';

/** How a recording is made. */
export interface RecordingOptions {
  readonly codec: Recording['codec'];
  readonly width: number;
  readonly height: number;
  readonly bitrateBps: number;
  readonly seconds: number;
  readonly keyframeSeconds: number;
  /** H.264: slices of each picture; default 1. */
  readonly slices?: number;
  /** A picture that stands still, so that constant bitrate needs filler data. */
  readonly plain?: boolean;
  /** Each picture's place in the recording as a barcode, instead of a wall clock; the loop is then a whole number of keyframe intervals. */
  readonly stamped?: boolean;
  /** A tone of 660 Hz (default), or tones that come and go in noise: an encoder has as much work with them as with music. */
  readonly sound?: 'tone' | 'noisy';
  /** B-frames between two others, as Apple's encoders make them whatever OBS says; H.264 only. */
  readonly bFrames?: number;
}

/** Encoded media held in memory: 30 pictures and 50 Opus packets a second, made to be played in a loop. */
export interface Recording {
  readonly codec: 'h264' | 'h265' | 'av1';
  /** Access units, each a list of NAL units without start codes; of AV1 temporal units, each a list of open bitstream units. */
  readonly pictures: readonly (readonly Buffer[])[];
  /** Opus packets of 20 ms. */
  readonly sounds: readonly Buffer[];
}

/** Pictures a second of every recording. */
export const recordingFrameRateHz = 30;
/** Opus packets a second of every recording. */
export const recordingPacketRateHz = 50;

const run = promisify(execFile);
const encodeTimeoutMs = 120_000;
const pureTone = 'sine=frequency=660:sample_rate=48000';
const noisySound =
  'aevalsrc=0.2*sin(2*PI*440*t)+0.1*sin(2*PI*1234*t)*lt(mod(t\\,0.5)\\,0.2)+0.05*(random(0)-0.5):s=48000';

/** Encodes a test picture with a tone the way OBS's x264 does: constant bitrate, no B-frames unless asked for, parameter sets repeated. */
export async function makeRecording(options: RecordingOptions): Promise<Recording> {
  const folder = await mkdtemp(join(tmpdir(), 'recording-'));
  try {
    const video = join(folder, 'video.bin');
    const audio = join(folder, 'audio.ogg');
    const strip = options.stamped === true ? join(folder, 'strip.gray') : undefined;
    if (strip !== undefined) await writeFile(strip, barcodes(options));
    await run('ffmpeg', [...inputs(options, strip), ...videoOutput(options), video, ...audioOutput, audio], {
      timeout: encodeTimeoutMs,
    });
    const file = await readFile(video);
    const pictures = options.codec === 'av1' ? temporalUnits(file) : accessUnits(file, options.codec);
    const sounds = opusPackets(await readFile(audio));
    // Both tracks loop after the same time, so they stay in step for as long as a test lasts.
    const unitSeconds = options.stamped === true ? options.keyframeSeconds : 1;
    const wholeSeconds = Math.min(
      pictures.length / recordingFrameRateHz,
      sounds.length / recordingPacketRateHz,
    );
    const loopSeconds = Math.floor(wholeSeconds / unitSeconds + 1e-6) * unitSeconds;
    return {
      codec: options.codec,
      pictures: pictures.slice(0, Math.round(loopSeconds * recordingFrameRateHz)),
      sounds: sounds.slice(0, Math.round(loopSeconds * recordingPacketRateHz)),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** One byte a cell, one 16 by 4 picture a frame. */
function barcodes({ seconds }: RecordingOptions): Buffer {
  const frames = Math.ceil(seconds * recordingFrameRateHz);
  return Buffer.concat(
    Array.from({ length: frames }, (_, counter) => {
      const wallTenths = Math.round((counter * 10_000) / recordingFrameRateHz);
      return encodeBarcode({ wallTenths, counter }).map((cell) => (cell === 1 ? 235 : 16));
    }),
  );
}

function inputs(options: RecordingOptions, strip: string | undefined): string[] {
  const { width, height, seconds, plain: easy = false } = options;
  const made = easy ? 'smptebars' : 'testsrc2';
  const grain = easy ? '' : ',noise=alls=12:allf=t';
  const picture = `${made}=size=${width}x${height}:rate=${recordingFrameRateHz}${grain}`;
  const sound = options.sound === 'noisy' ? noisySound : pureTone;
  const length = ['-t', String(seconds)];
  const plain = ['-hide_banner', '-loglevel', 'error', '-f', 'lavfi', ...length, '-i', picture]
    .concat(['-f', 'lavfi', '-t', String(seconds + 1), '-i', sound])
    .concat(['-pix_fmt', 'yuv420p']);
  if (strip === undefined) return [...plain, '-map', '0:v'];
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'gray', '-s', `${barcodeColumns}x${barcodeRows}`];
  const stripHeight = Math.round(height * barcodeHeightShare);
  const enlarged = `[2:v]scale=${width}:${stripHeight}:flags=neighbor[strip]`;
  return plain
    .slice(0, -2)
    .concat([...raw, '-r', String(recordingFrameRateHz), '-i', strip])
    .concat(['-filter_complex', `${enlarged};[0:v][strip]overlay=0:0[stamped]`])
    .concat(['-pix_fmt', 'yuv420p', '-map', '[stamped]']);
}

function videoOutput(options: RecordingOptions): string[] {
  const { codec, bitrateBps, keyframeSeconds, bFrames = 0, slices = 1 } = options;
  const rate = String(bitrateBps);
  const gop = String(Math.round(keyframeSeconds * recordingFrameRateHz));
  const common = ['-b:v', rate, '-maxrate', rate, '-bufsize', rate, '-g', gop];
  if (codec === 'h265') {
    const x265 = `bframes=0:repeat-headers=1:scenecut=0:keyint=${gop}:min-keyint=${gop}:log-level=error`;
    return [...common, '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', x265, '-f', 'hevc'];
  }
  if (codec === 'av1') {
    const pace = ['-usage', 'realtime', '-cpu-used', '8', '-row-mt', '1', '-lag-in-frames', '0'];
    return [...common, '-c:v', 'libaom-av1', ...pace, '-f', 'ivf'];
  }
  const x264 = `bframes=${bFrames}:b-adapt=0:repeat-headers=1:nal-hrd=cbr:scenecut=0:slices=${slices}`;
  return [
    ...common,
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-x264-params', x264],
    ...['-f', 'h264'],
  ];
}

const audioOutput = ['-map', '1:a', '-ac', '2', '-c:a', 'libopus', '-b:a', '96k', '-f', 'ogg'];

/** Splits an Annex B stream; a picture begins with its parameter sets and ends before those of the next. */
function accessUnits(stream: Buffer, codec: 'h264' | 'h265'): Buffer[][] {
  const units: Buffer[][] = [];
  let current: Buffer[] = [];
  let hasSlice = false;
  for (const nal of nalUnits(stream)) {
    const slice = isSlice(nal, codec);
    const opensPicture = slice ? startsPicture(nal, codec) : hasSlice && !isSuffix(nal, codec);
    if (hasSlice && opensPicture) {
      units.push(current);
      current = [];
      hasSlice = false;
    }
    current.push(nal);
    hasSlice ||= slice;
  }
  if (hasSlice) units.push(current);
  return units;
}

function isSlice(nal: Buffer, codec: 'h264' | 'h265'): boolean {
  const type = codec === 'h264' ? nal[0]! & 0x1f : (nal[0]! >> 1) & 0x3f;
  return codec === 'h264' ? type >= 1 && type <= 5 : type <= 31;
}

/** Filler data and suffix SEI follow the slices they belong to. */
function isSuffix(nal: Buffer, codec: 'h264' | 'h265'): boolean {
  const type = codec === 'h264' ? nal[0]! & 0x1f : (nal[0]! >> 1) & 0x3f;
  return codec === 'h264' ? type === 12 : type === 38 || type === 40;
}

/** first_mb_in_slice is 0 (one bit in Exp-Golomb), or first_slice_segment_in_pic_flag is set: the same bit in both. */
function startsPicture(nal: Buffer, codec: 'h264' | 'h265'): boolean {
  return (nal[codec === 'h264' ? 1 : 2]! & 0x80) !== 0;
}

function* nalUnits(stream: Buffer): Generator<Buffer> {
  const startCode = Buffer.from([0, 0, 1]);
  let start = stream.indexOf(startCode);
  while (start !== -1) {
    const next = stream.indexOf(startCode, start + 3);
    let end = next === -1 ? stream.length : next;
    while (end > start && stream[end - 1] === 0) end--;
    yield stream.subarray(start + 3, end);
    start = next;
  }
}

/** Takes the packets out of an Ogg file (RFC 3533, RFC 7845), without its two header packets. */
function opusPackets(file: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let open: Buffer[] = [];
  for (let page = 0; page < file.length;) {
    const count = file[page + 26]!;
    let at = page + 27 + count;
    for (const size of file.subarray(page + 27, page + 27 + count)) {
      open.push(file.subarray(at, at + size));
      at += size;
      if (size === 255) continue;
      packets.push(Buffer.concat(open));
      open = [];
    }
    page = at;
  }
  return packets.slice(2);
}
