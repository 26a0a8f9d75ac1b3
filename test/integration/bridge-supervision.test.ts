import { chmod, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { CountingViewer } from '#test/kit/counting-viewer.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { readMediaPlaylist, type ReadPlaylist } from '#test/kit/hls-reader.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { stretch, until } from '#test/kit/wait.ts';

const patience = { timeoutMs: 40_000 };
/** What LL-HLS may miss, however far keyframes are apart. */
const hlsGapMs = 3_000;
/** As OBS sends them unless it is told otherwise; it gives none that is asked for. */
const keyframeSeconds = 8;
/** Arrivals on a busy machine are this far apart though nothing is wrong. */
const usualGapMs = 500;

/** FFmpeg, and a shell beside it that misbehaves when it gets a signal. What the shell leaves behind dies with it. */
const script = `#!/bin/bash
case "$*" in *matroska*) ;; *) exec ffmpeg "$@";; esac
trap 'grown=$(head -c 300000000 /dev/zero | tr "\\0" x)' USR1
trap 'yes "something is wrong" >&2 & flood=$!' USR2
trap 'kill -9 $child; echo "[h264_nvenc @ 0x55] EncodePicture failed: device lost" >&2; exit 1' HUP
setpriv --pdeathsig KILL ffmpeg "$@" <&0 &
child=$!
while kill -0 $child 2>/dev/null; do wait $child; done
`;

let folder = '';
let program = '';
const life = new AsyncDisposableStack();
let gateway: Gateway;
let recording: Recording;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supervision-'));
  life.defer(() => rm(folder, { recursive: true, force: true }));
  program = join(folder, 'ffmpeg');
  await writeFile(program, script);
  await chmod(program, 0o755);
  const facts = { codec: 'h264', width: 320, height: 180, bitrateBps: 300_000 } as const;
  recording = await makeRecording({ ...facts, seconds: keyframeSeconds, keyframeSeconds });
  const env = {
    FRONTROW_BRIDGE__FFMPEG_PATH: program,
    FRONTROW_BRIDGE__MEMORY_LIMIT_BYTES: String(128 * 1024 * 1024),
    FRONTROW_HLS__SEGMENT_TARGET_MS: '1000',
    FRONTROW_HLS__TARGET_DURATION_MS: '1000',
  };
  gateway = life.use(await startGateway({ env }));
}, 120_000);
afterAll(() => life.disposeAsync());

/** The media playlist of the picture. */
async function playlist(stream: string): Promise<ReadPlaylist> {
  const url = gateway.url(`/hls/${stream}/index.m3u8`);
  const multivariant = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  const path = (await multivariant.text()).split('\n').find((line) => line !== '' && !line.startsWith('#'));
  const response = await fetch(new URL(path ?? '', url), { signal: AbortSignal.timeout(20_000) });
  return readMediaPlaylist(await response.text());
}

/** What the playlist misses at each of its discontinuities. */
function gapsMs({ segments }: ReadPlaylist): readonly number[] {
  return segments.flatMap((segment, at) => {
    const before = segments[at - 1];
    if (!segment.discontinuity || !before) return [];
    const media =
      segments
        .slice(0, at)
        .filter(({ gap }) => !gap)
        .at(-1) ?? before;
    return [(segment.wallMs ?? 0) - (media.wallMs ?? 0) - media.durationS * 1_000];
  });
}

/** The shell is what the gateway knows; FFmpeg hangs with it. */
async function hang(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  for (const child of children.trim().split(' ')) process.kill(Number(child), 'SIGSTOP');
}

interface Fault {
  readonly name: string;
  /** Does something to the process of this id. */
  readonly strike: (pid: number) => Promise<void> | void;
  /** What the log says. */
  readonly says: RegExp;
}

/** One stream on both tiers, and a fault in its FFmpeg. */
async function prove({ name, strike, says }: Fault): Promise<void> {
  const publisher = await ObsPublisher.open({ whipUrl: gateway.url(`/whip/${name}`), recording });
  await until('both tiers', async () => (await gateway.stream(name))?.hls?.ready, patience);
  await using viewer = await CountingViewer.open(gateway.url(`/whep/${name}`));
  await until('media', () => viewer.video.packets > 0 && viewer.audio.packets > 0, patience);
  viewer.reset();
  await sleep(2_000);
  const usualMs = Math.max(usualGapMs, 3 * viewer.video.longestGapMs, 3 * viewer.audio.longestGapMs);
  viewer.reset();
  await strike((await gateway.stream(name))?.bridge?.pid ?? 0);
  await until('LL-HLS goes on', async () => gapsMs(await playlist(name)).length > 0, {
    ...patience,
    detail: () => gateway.logs.filter((line) => line.includes(name)).slice(-10),
  });
  expect(gateway.logs.filter((line) => line.includes(`"${name}"`) && says.test(line))).not.toEqual([]);
  for (const gapMs of gapsMs(await playlist(name))) expect(gapMs).toBeLessThan(hlsGapMs * stretch());
  expect(viewer.connection).toBe('connected');
  for (const track of [viewer.video, viewer.audio]) {
    expect(track.missing).toBe(0);
    expect(track.longestGapMs).toBeLessThan(usualMs);
    expect(track.packets).toBeGreaterThan(20);
  }
  await publisher.stop();
}

const signal = (which: NodeJS.Signals) => (pid: number) => void process.kill(pid, which);
const faults: readonly Fault[] = [
  { name: 'killed', strike: signal('SIGKILL'), says: /killed with signal SIGKILL/ },
  { name: 'grown', strike: signal('SIGUSR1'), says: /MiB of memory, more than bridge.memoryLimitBytes/ },
  { name: 'flood', strike: signal('SIGUSR2'), says: /flooded its standard error/ },
  { name: 'device', strike: signal('SIGHUP'), says: /device lost/ },
  { name: 'hangs', strike: hang, says: /gave nothing while its input went on/ },
];

test.concurrent.each(faults)(
  'when FFmpeg is struck ($name), LL-HLS misses little and viewers of the front row nothing',
  prove,
  120_000,
);

test('the same when the program is gone for a while', async () => {
  const strike = async (pid: number): Promise<void> => {
    await rename(program, `${program}.away`);
    process.kill(pid, 'SIGKILL');
    const told = (): boolean => gateway.logs.some((line) => /No such file/.test(line));
    await until('that is told', told, patience);
    await rename(`${program}.away`, program);
  };
  await prove({ name: 'missing', strike, says: /No such file/ });
}, 120_000);
