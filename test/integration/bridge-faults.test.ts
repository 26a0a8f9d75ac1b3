import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { TapPacket } from '#src/core/media.ts';
import type { BridgeConfig } from '#src/bridge/config.ts';
import { CoreBudget } from '#src/bridge/core-budget.ts';
import { findFfmpeg } from '#src/bridge/find-ffmpeg.ts';
import { StreamLadder } from '#src/bridge/stream-ladder.ts';
import { encoders } from '../unit/bridge/encoders.ts';
import { record, testVideo } from '../unit/bridge/recording.ts';
import { videoTrack } from '../unit/bridge/units.ts';
import { fragments, missedMs, openRig, until, type Rig } from './bridge-source.ts';
import { stretch } from '#test/kit/wait.ts';

const videoLoopMs = 2000 / 3;
let folder = '';
let h264: readonly TapPacket[] = [];
let open: Rig[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faults-test-'));
  await findFfmpeg('', new AbortController().signal);
  h264 = await record({ codec: 'h264', args: [...testVideo(20), ...encoders.h264] });
}, 60_000);
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const { bridge } of open) await bridge[Symbol.asyncDispose]();
  open = [];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A program that misbehaves the first time it is run, and is FFmpeg from then on. */
async function brokenOnce(name: string, misbehaviour: string): Promise<string> {
  const path = join(folder, name);
  const script = `#!/bin/sh
if mkdir '${path}.ran' 2>/dev/null; then
${misbehaviour}
fi
exec ffmpeg "$@"
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return path;
}

interface Settings {
  readonly config?: Partial<BridgeConfig>;
  readonly ladder?: StreamLadder;
}

function start(path: string, { config = {}, ladder }: Settings = {}): Rig {
  const rig = openRig({ path, version: 'test' }, [videoTrack('h264')], config, ladder ? { ladder } : {});
  open.push(rig);
  rig.publisher.play(h264, videoLoopMs);
  return rig;
}

const plays = (rig: Rig, index = 0): boolean => fragments(rig.epochs[index]?.bytes.get('v0')) >= 10;
const problemOf = (rig: Rig): string => rig.bridge.report.problem ?? '';

test('an FFmpeg that hangs is missed for less than three seconds of the publisher', async () => {
  const rig = start('ffmpeg');
  await until('video', () => plays(rig));
  process.kill(rig.bridge.report.pid ?? 0, 'SIGSTOP');
  await until('a problem', () => problemOf(rig) !== '');
  expect(problemOf(rig)).toBe('FFmpeg gave nothing while its input went on');
  await until('the next epoch', () => fragments(rig.epochs[1]?.bytes.get('v0')) >= 1);
  const [before, after] = rig.epochs;
  if (!before || !after) throw new Error('two epochs');
  await before.ended;
  expect(missedMs(before, after)).toBeLessThan(3_000 * stretch());
  // Nothing is shown twice.
  expect(missedMs(before, after)).toBeGreaterThan(-5);
}, 60_000);

test('one that grows beyond its memory is replaced, and why is told', async () => {
  const path = await brokenOnce(
    'grows',
    `exec perl -e 'for (;;) { $a .= "x" x 20000000; select undef, undef, undef, 0.05 }'`,
  );
  const rig = start(path, { config: { memoryLimitBytes: 128 * 1024 * 1024 } });
  await until('a problem', () => problemOf(rig) !== '');
  expect(problemOf(rig)).toMatch(/took \d+ MiB of memory, more than bridge.memoryLimitBytes/);
  await until('video', () => plays(rig));
  expect(rig.bridge.report).toMatchObject({ state: 'running', restarts: 1, problem: undefined });
}, 60_000);

test('the kernel refuses it address space before anyone looks', async () => {
  const path = await brokenOnce(
    'reserves',
    'until [ "$(ulimit -v)" != unlimited ]; do sleep 0.1; done; ulimit -v | tr -d "\\n" >&2; echo " KiB of address space" >&2; exit 1',
  );
  const rig = start(path, { config: { memoryLimitBytes: 256 * 1024 * 1024 } });
  await until('a problem', () => problemOf(rig) !== '');
  expect(problemOf(rig)).toContain(`${String((256 + 2048) * 1024)} KiB of address space`);
}, 60_000);

test.each([
  ['with line breaks', 'yes "something is wrong" >&2'],
  ['without', 'tr "\\0" x </dev/zero >&2'],
])(
  'one that floods its standard error %s is replaced',
  async (name, command) => {
    const rig = start(await brokenOnce(`floods ${name}`, `exec ${command}`));
    await until('a problem', () => problemOf(rig) !== '');
    expect(problemOf(rig)).toBe('FFmpeg flooded its standard error');
    await until('video', () => plays(rig));
  },
  60_000,
);

test('a program that is gone later is told of, and its return heals', async () => {
  const path = await brokenOnce('moved', ':');
  const rig = start(path);
  await until('video', () => plays(rig));
  await rename(path, `${path}.away`);
  process.kill(rig.bridge.report.pid ?? 0, 'SIGKILL');
  await until('a problem that says so', () => /No such file/.test(problemOf(rig)));
  await rename(`${path}.away`, path);
  await until('video', () => plays(rig, 1));
}, 60_000);

test('a disk that takes no temporary folder is told of, and its return heals', async () => {
  const away = join(folder, 'not-there');
  vi.stubEnv('TMPDIR', away);
  const rig = start('ffmpeg');
  await until('a problem that says so', () => problemOf(rig).includes(away));
  vi.unstubAllEnvs();
  await until('video', () => plays(rig));
  expect(rig.bridge.report).toMatchObject({ state: 'running', problem: undefined });
}, 60_000);

test('an FFmpeg that cannot encode leaves the copied top alone, and the report says that rungs are missing', async () => {
  const path = join(folder, 'copies-only');
  const script = `#!/bin/sh
case "$*" in *libx264*) echo "Unknown encoder 'libx264'" >&2; exit 1;; esac
exec ffmpeg "$@"
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  const large = await record({ codec: 'h264', args: [...testVideo(20, '640x360'), ...encoders.h264] });
  const rig = start(path, { ladder: new StreamLadder('ladder-2', new CoreBudget(64).claim()) });
  rig.publisher.play(large, videoLoopMs);
  await until('a problem', () => /Unknown encoder/.test(problemOf(rig)));
  await until('the top', () => plays(rig));
  expect(rig.bridge.report).toMatchObject({
    ...{ state: 'running', video: 'passthrough' },
    ladder: { rungs: [], withheld: ['v1'], reason: 'FFmpeg failed while it encoded them' },
  });
}, 60_000);

test('it yields to the forwarding of media: niceness 5', async () => {
  const rig = start('ffmpeg');
  await until('video', () => plays(rig));
  expect(getPriority(rig.bridge.report.pid)).toBeGreaterThanOrEqual(5);
});
