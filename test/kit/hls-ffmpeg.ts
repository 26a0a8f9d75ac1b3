import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { CmafEpoch } from '#src/core/cmaf.ts';

/** One epoch made by a real FFmpeg: a test picture and a tone, one fragmented MP4 pipe per track. */
export interface FfmpegEpoch extends AsyncDisposable {
  readonly epoch: CmafEpoch;
  /** Ends it at once, as a crash does. */
  kill(): void;
}

export interface FfmpegPicture {
  /** Media seconds per second of real time. */
  readonly rate?: number;
  readonly gopFrames?: number;
  readonly size?: string;
  /** What FFmpeg does to the test picture. */
  readonly filter?: string;
}

const muxer = [
  ...['-f', 'mp4', '-use_editlist', '0', '-flush_packets', '1', '-output_ts_offset', '10', '-movflags'],
  '+cmaf+frag_every_frame+empty_moov+default_base_moof+skip_trailer+frag_discont',
];

/** Starts FFmpeg; it runs until it is disposed or killed. */
export function startFfmpegEpoch(number: number, picture: FfmpegPicture = {}): FfmpegEpoch {
  const { rate = 1, gopFrames = 15, size = '320x180', filter = 'null' } = picture;
  const pace = ['-readrate', String(rate), '-f', 'lavfi', '-i'];
  const encode =
    '-c:v libx264 -preset ultrafast -tune zerolatency -bf 0 -sc_threshold 0 -pix_fmt yuv420p -threads 1';
  const child = spawn(
    'ffmpeg',
    [
      ...['-nostdin', '-hide_banner', '-loglevel', 'fatal'],
      ...[
        ...pace,
        `testsrc2=size=${size}:rate=30,${filter}`,
        ...pace,
        'sine=frequency=440:sample_rate=48000',
      ],
      ...['-map', '0:v', ...encode.split(' '), '-g', String(gopFrames), ...muxer, 'pipe:3'],
      ...['-map', '1:a', '-ac', '2', '-c:a', 'aac', '-b:a', '96k', ...muxer, 'pipe:4'],
    ],
    { stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'] },
  );
  const exited = new Promise<void>((resolve, reject) => {
    child.once('exit', () => resolve());
    child.once('error', reject);
  });
  return {
    epoch: {
      epoch: number,
      startedWallMs: Date.now(),
      baseMediaTimeMs: 10_000,
      tracks: [
        { kind: 'video', rendition: 'v0', bytes: child.stdio[3] as Readable },
        { kind: 'audio', rendition: 'a0', bytes: child.stdio[4] as Readable },
      ],
    },
    kill: () => void child.kill('SIGKILL'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
