import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { silentLog } from '#src/core/log.ts';
import type { TapPacket } from '#src/core/media.ts';
import { CoreBudget } from '#src/bridge/core-budget.ts';
import { EncoderDesk } from '#src/bridge/encoders-desk.ts';
import type { HardwareEncoder, SoftwareEncoder } from '#src/bridge/encoders.ts';
import { probeEncoder } from '#src/bridge/encoders-probe.ts';
import { StreamEncoder } from '#src/bridge/encoders-stream.ts';
import { findFfmpeg } from '#src/bridge/find-ffmpeg.ts';
import { StreamLadder } from '#src/bridge/stream-ladder.ts';
import { TrackReader } from '#src/hls/samples.ts';
import { encoders } from '../unit/bridge/encoders.ts';
import { pretender, type Pretence } from '../unit/bridge/pretenders.ts';
import { record, testVideo } from '../unit/bridge/recording.ts';
import { videoTrack } from '../unit/bridge/units.ts';
import { fragments, openRig, until, type Collected, type Rig } from './bridge-source.ts';
import { stretch } from '#test/kit/wait.ts';

const videoLoopMs = 2000 / 3;
let folder = '';
let h264: readonly TapPacket[] = [];
let open: Rig[] = [];
let desks: EncoderDesk[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hardware-test-'));
  await findFfmpeg('', new AbortController().signal);
  h264 = await record({ codec: 'h264', args: [...testVideo(20, '640x360'), ...encoders.h264] });
}, 60_000);
afterEach(async () => {
  for (const { bridge } of open) await bridge[Symbol.asyncDispose]();
  for (const desk of desks) desk[Symbol.dispose]();
  open = [];
  desks = [];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A stream with a rung, on a machine that has this encoder as far as FFmpeg can tell. */
async function start(
  name: HardwareEncoder | 'software',
  pretence?: Pretence,
  software?: readonly SoftwareEncoder[],
): Promise<{ rig: Rig; desk: EncoderDesk }> {
  const path = await pretender(join(folder, `${name}-${open.length}-${String(desks.length)}`), pretence);
  // A loaded machine takes its time; that says nothing of the encoder.
  const probe: ConstructorParameters<typeof EncoderDesk>[1]['probe'] = (use, signal) =>
    probeEncoder(path, use, signal, 40_000);
  const deviceOf = () => ({ device: '/dev/null', absent: undefined });
  const desk = new EncoderDesk(name, { log: silentLog, probe, deviceOf, ...(software && { software }) });
  desks.push(desk);
  await desk.settled;
  const ladder = new StreamLadder('ladder-2', new CoreBudget(64).claim(), () => desk.lack);
  const encoder = new StreamEncoder(desk);
  const rig = openRig({ path, version: 'test' }, [videoTrack('h264')], {}, { ladder, encoder });
  open.push(rig);
  rig.publisher.play(h264, videoLoopMs);
  return { rig, desk };
}

/** Starts of samples in ms, and which of them are keyframes. */
function times(collected: Collected | undefined, rendition: string): readonly string[] {
  const seen: string[] = [];
  new TrackReader({
    init: () => undefined,
    sample: ({ startMs, independent }) => seen.push(`${startMs.toFixed(2)}${independent ? ' key' : ''}`),
  }).push(collected?.bytes.get(rendition) ?? new Uint8Array());
  return seen;
}

test.each(['nvenc', 'v4l2m2m'] as const)(
  '%s encodes the rung where it works, picture for picture and keyframe for keyframe with the copy',
  async (name) => {
    const { rig } = await start(name);
    await until('the rung', () => fragments(rig.epochs[0]?.bytes.get('v1')) >= 25);
    expect(rig.bridge.report.encoder).toEqual({ name });
    const rung = times(rig.epochs[0], 'v1');
    expect(times(rig.epochs[0], 'v0').slice(0, 20)).toEqual(rung.slice(0, 20));
    expect(rung.filter((time) => time.endsWith('key')).length).toBeGreaterThan(1);
  },
  60_000,
);

test('without x264 another encoder in software takes its place, with keyframes in step', async () => {
  const { rig } = await start('software', {}, ['openh264']);
  await until('the rung', () => fragments(rig.epochs[0]?.bytes.get('v1')) >= 25);
  expect(rig.bridge.report.encoder).toEqual({ name: 'openh264' });
  const rung = times(rig.epochs[0], 'v1');
  expect(times(rig.epochs[0], 'v0').slice(0, 20)).toEqual(rung.slice(0, 20));
}, 60_000);

test('where the trial fails x264 encodes, and the desk knows why', async () => {
  const first = 'echo "[h264_nvenc @ 0x55] Cannot load libcuda.so.1" >&2; exit 1';
  const { rig, desk } = await start('nvenc', { first });
  await until('the rung', () => fragments(rig.epochs[0]?.bytes.get('v1')) >= 5);
  expect(rig.bridge.report).toMatchObject({ encoder: { name: 'software' }, restarts: 0 });
  expect(desk.report).toEqual([{ name: 'nvenc', works: false, reason: 'Cannot load libcuda.so.1' }]);
}, 60_000);

test('one that fails while it runs is replaced by x264, and why is told', async () => {
  // Trials read no stream: they are left alone.
  const first = `case "$*" in *matroska*)
  ffmpeg "\${out[@]}" <&0 & sleep 2; kill -9 $!; echo "[h264_nvenc @ 0x55] EncodePicture failed: device lost" >&2; exit 1;;
esac`;
  const { rig } = await start('nvenc', { first });
  await until('the rung', () => fragments(rig.epochs[0]?.bytes.get('v1')) >= 5);
  expect(rig.bridge.report.encoder).toEqual({ name: 'nvenc' });
  await until('the next epoch', () => fragments(rig.epochs[1]?.bytes.get('v1')) >= 5);
  expect(rig.bridge.report).toMatchObject({ state: 'running', restarts: 1, problem: undefined });
  expect(rig.bridge.report.encoder?.name).toBe('software');
  expect(rig.bridge.report.encoder?.problem).toContain('nvenc failed, x264 took over');
  expect(rig.bridge.report.encoder?.problem).toContain('device lost');
  const lastMs = lastArrivalMs(rig.epochs[0]);
  const gapMs = (rig.epochs[1]?.epoch.startedWallMs ?? 0) - lastMs;
  // Its start after the failure, the next keyframe, and what a loaded machine needs on top.
  expect(gapMs).toBeLessThan(3_000 * stretch());
}, 60_000);

/** Wall clock of the last picture of an epoch. */
function lastArrivalMs(collected: Collected | undefined): number {
  const last = Number.parseFloat(times(collected, 'v0').at(-1) ?? '');
  const { startedWallMs = 0, baseMediaTimeMs = 0 } = collected?.epoch ?? {};
  return startedWallMs + last - baseMediaTimeMs;
}
