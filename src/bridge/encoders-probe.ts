import { execFile } from 'node:child_process';
import { encoderArguments, type EncoderUse } from './encoders.ts';
import { encodedVideo } from './profile.ts';

/** Longer than a driver takes to load; a device that hangs is no use to a live stream. */
const probeTimeoutMs = 2_000;
const pictures = 12;
const forcedAt = 6;
/** Whatever forwards media or encodes goes first. */
const niceness = '10';
/** sample_is_non_sync_sample. */
const nonSync = 0x0001_0000;
const maxBytes = 4 * 1024 * 1024;

/**
 * Has FFmpeg encode a dozen pictures as it would a rung, with a keyframe asked for in their middle. Undefined when the encoder
 * does all that within the time, otherwise why it cannot be used. Never rejects; an abort counts as a reason.
 */
export function probeEncoder(
  path: string,
  use: EncoderUse,
  signal: AbortSignal,
  timeoutMs = probeTimeoutMs,
): Promise<string | undefined> {
  const rung = { rendition: 'v0', width: 640, height: 360, bitrateBps: 500_000 };
  const output = encodedVideo(rung, { encoder: use, source: 0, keyframes: `expr:eq(n,${forcedAt})` });
  const args = [
    ...['-hide_banner', '-loglevel', 'error', '-nostats', '-nostdin'],
    ...encoderArguments(use).global,
    ...['-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=30', '-frames:v', String(pictures)],
    ...output.options.map((option) => (option === 'unix' ? 'pipe' : option)),
    'pipe:1',
  ];
  const options = { signal, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: maxBytes } as const;
  return new Promise((resolve) => {
    execFile(
      'nice',
      ['-n', niceness, path, ...args],
      { ...options, encoding: 'buffer' },
      (error, out, said) => {
        if (error?.killed === true) resolve(`it gave nothing within ${timeoutMs / 1000} s`);
        else if (error)
          resolve(complaint(said.toString('utf8'), use) || (error.message.split('\n')[0] ?? ''));
        else resolve(faultOf(out));
      },
    );
  });
}

/** FFmpeg's first complaint: the ones behind it are consequences. */
function complaint(stderr: string, use: EncoderUse): string {
  const [line = ''] = stderr.trim().split('\n');
  const said = line.replace(/^\[[^\]]*\] /, '').slice(0, 300);
  // Options of an encoder that was not built in are not known either, and are read first.
  const unbuilt = /^(Unrecognized option|Unknown encoder)/.test(said);
  return unbuilt ? `this FFmpeg has no ${encoderArguments(use).codec} or an old one (${said})` : said;
}

/** What is wrong with fragmented MP4 of one picture a fragment; undefined when it is as ordered. */
function faultOf(mp4: Buffer): string | undefined {
  const avcc = mp4.indexOf('avcC', 0, 'latin1');
  // The number of parameter sets stands in the sixth byte (ISO 14496-15 section 5.3.3.1).
  if (avcc < 0 || ((mp4[avcc + 9] ?? 0) & 0x1f) === 0) return 'it gives no parameter sets';
  const keyframes = fragmentsOf(mp4);
  if (keyframes.length !== pictures) return `it made ${keyframes.length} pictures of ${pictures}`;
  const wrong = keyframes.findIndex((keyframe, at) => keyframe !== (at === 0 || at === forcedAt));
  return wrong < 0 ? undefined : 'it does not put keyframes where they are asked for';
}

/** For each fragment of one picture, whether that is a keyframe (ISO/IEC 14496-12 section 8.8.8). */
function fragmentsOf(mp4: Buffer): readonly boolean[] {
  const keyframes: boolean[] = [];
  for (let at = mp4.indexOf('trun', 0, 'latin1'); at >= 0; at = mp4.indexOf('trun', at + 4, 'latin1')) {
    const flags = mp4.readUInt32BE(at + 4) & 0xff_ffff;
    const first = at + 12 + (flags & 0x1 ? 4 : 0);
    const own = first + (flags & 0x100 ? 4 : 0) + (flags & 0x200 ? 4 : 0);
    const told = flags & 0x4 ? first : flags & 0x400 ? own : undefined;
    keyframes.push(told !== undefined && (mp4.readUInt32BE(told) & nonSync) === 0);
  }
  return keyframes;
}
