import type { BridgeReport, BridgeState, CmafEpoch, SoundChoice } from '#src/core/cmaf.ts';
import type { Clock } from '#src/core/clock.ts';
import { rounded } from '#src/core/rounding.ts';
import type { Log } from '#src/core/log.ts';
import type { Layer, Track, TrackKind } from '#src/core/media.ts';
import { ReorderDepth } from '#src/rtp/h264/reorder-depth.ts';
import type { BridgeConfig } from './config.ts';
import { opusConfig } from './depacketise/opus.ts';
import { sameConfig, type AccessUnit, type CodecConfig } from './depacketise/unit.ts';
import type { StreamEncoder } from './encoders-stream.ts';
import { Epoch } from './epoch.ts';
import type { FfmpegExit, FfmpegFound } from './ffmpeg.ts';
import { Handover } from './handover.ts';
import { HangWatch } from './hang-watch.ts';
import { ProcessMeter } from './process-meter.ts';
import { planFfmpeg, type FfmpegPlan } from './profile.ts';
import { RestartPolicy } from './restarts.ts';
import { slateSource } from './slate-plan.ts';
import { Slate } from './slate.ts';
import type { SideSound } from './sounds/side-sound.ts';
import { sameSounds, type StreamSounds } from './sounds/stream-sounds.ts';
import type { StreamLadder } from './stream-ladder.ts';
import { Timeline } from './timeline.ts';
import { videoWay } from './video-way.ts';

/** What the supervisor needs. */
export interface SupervisorDeps {
  readonly onEpoch: (epoch: CmafEpoch) => void;
  readonly ffmpeg: FfmpegFound;
  readonly clock: Clock;
  readonly log: Log;
  /** Qualities below the top; absent: none. */
  readonly ladder?: StreamLadder;
  /** Who encodes; absent: x264. */
  readonly encoder?: StreamEncoder;
  readonly segmentTargetMs: number;
}

const sampleMs = 2_000;
/** Processes in a row that ended without output before the rungs are suspected. */
const fruitlessLimit = 2;
/** Nothing from the publisher for so long makes room for the slate: soon, since players hold little more in store. */
const slateAfterMs = 1_500;
/** Pictures out of order before a publisher counts as one that sends B-frames. */
const backwardsLimit = 3;

/** Keeps one FFmpeg going for a stream: begins epochs at keyframes, ends them, watches them, tries again. */
export class Supervisor implements AsyncDisposable {
  readonly #deps: SupervisorDeps;
  readonly #config: BridgeConfig;
  readonly #restarts = new RestartPolicy();
  readonly #meter = new ProcessMeter();
  #timeline = new Timeline({ video: 90_000, audio: 48_000 });
  #tracks: readonly Track[] = [];
  #sounds: Pick<StreamSounds, 'choices'> = { choices: [] };
  #epoch: Epoch | undefined;
  readonly #handover: Handover;
  readonly #watch: HangWatch;
  readonly #slate: Slate | undefined;
  /** How the publisher was shown last. */
  #shown: FfmpegPlan | undefined;
  #restartCount = 0;
  #fruitless = 0;
  #framesIn = 0;
  #framesDropped = 0;
  #backwards = 0;
  /** How the pictures of this configuration come. */
  #videoConfig: CodecConfig | undefined;
  #reorder = new ReorderDepth();
  #problem: string | undefined;
  #sampledMs = 0;
  #disposed = false;

  constructor(deps: SupervisorDeps, config: BridgeConfig) {
    this.#deps = deps;
    this.#config = config;
    this.#handover = new Handover((epoch) => deps.onEpoch(epoch));
    this.#watch = new HangWatch(config);
    const source = slateSource(config.slate);
    const { memoryLimitBytes } = config;
    this.#slate = source && new Slate({ ...deps, source, memoryLimitBytes, handover: this.#handover });
  }

  /** The publisher's tracks, what its sounds are, and the timeline their units are placed on. */
  expect(tracks: readonly Track[], sounds: Pick<StreamSounds, 'choices'>, timeline: Timeline): void {
    this.#tracks = tracks;
    this.#sounds = sounds;
    this.#timeline = timeline;
    this.#backwards = 0;
    this.#videoConfig = undefined;
  }

  /** Takes the next unit; false when only a keyframe helps. */
  take(unit: AccessUnit, nowMs: number): boolean {
    if (!this.#timeline.observe(unit)) this.finish('timestamps broke off');
    if (unit.kind === 'video') this.#watchPicture(unit, nowMs);
    if (unit.keyframe && unit.kind === this.#leads) this.#watchSounds();
    this.#epoch ??= this.#begin(unit, nowMs);
    if (!this.#epoch) {
      if (unit.kind === 'video') this.#framesDropped += 1;
      return unit.kind === 'audio';
    }
    const placed = this.#timeline.place(unit);
    if (!placed) return true;
    if (placed.backwards && unit.kind === 'video' && this.#backwards < backwardsLimit) this.#backwards += 1;
    const written = this.#epoch.write(unit, placed.timeMs, nowMs);
    if (!written) this.#deps.ladder?.lags(nowMs);
    return written;
  }

  /** Takes a frame of a sound beside the first. */
  takeSound({ index, follower }: SideSound, unit: AccessUnit, nowMs: number): void {
    const timeMs = this.#timeline.placeSound(follower, unit.timestamp);
    if (timeMs !== undefined) this.#epoch?.writeSound(index, { unit, timeMs }, nowMs);
  }

  /** Takes a picture of a layer beside the leading one, whose timestamps it has. */
  takeBeside(layer: Layer, unit: AccessUnit): void {
    const timeMs = this.#timeline.placeBeside(unit.timestamp);
    if (timeMs !== undefined) this.#epoch?.writeBeside(layer, { unit, timeMs });
  }

  /** What begins epochs: pictures where there are any. */
  get #leads(): TrackKind {
    return this.#tracks.some(({ kind }) => kind === 'video') ? 'video' : 'audio';
  }

  /** Ends an epoch that has not all of the sounds. */
  #watchSounds(): void {
    if (this.#epoch && !sameSounds(this.#epoch.plan.sounds, this.#soundsNow)) this.finish('other sounds');
  }

  get #soundsNow(): readonly SoundChoice[] {
    return this.#tracks.some(({ kind }) => kind === 'audio') ? this.#sounds.choices : [];
  }

  /** Ends an epoch that cannot take this picture as it is. */
  #watchPicture(unit: AccessUnit, nowMs: number): void {
    const { config, keyframe, order } = unit;
    if (config && (!this.#videoConfig || !sameConfig(this.#videoConfig, config))) {
      this.#videoConfig = config;
      this.#reorder = new ReorderDepth();
    }
    if (order !== undefined) this.#reorder.add(order, keyframe);
    if (config && this.#epoch?.outdatedBy(config)) this.finish('video parameters changed');
    const epoch = this.#epoch;
    if (!keyframe || !epoch) return;
    const { way } = epoch;
    if (this.#deps.ladder?.outdates(epoch.plan, nowMs)) this.finish('other qualities');
    if (!way.passthrough) return;
    if (way.reorderDepth < this.#reorderDepth) this.finish('pictures are reordered');
    else if (this.#backwards >= backwardsLimit && way.stamping === 'decode')
      this.finish('pictures come in decoding order');
  }

  /** Pictures that must be held back, by what the stream declares and by what was seen. */
  get #reorderDepth(): number {
    return Math.max(this.#videoConfig?.reorderFrames ?? 0, this.#reorder.depth);
  }

  /** Whether a start waits for nothing but a keyframe. */
  waitsForKeyframe(nowMs: number): boolean {
    return !this.#epoch && this.#restarts.mayStart(nowMs);
  }

  /** Ends the current epoch in order; the next unit that can begin one does. */
  finish(why: string): void {
    const epoch = this.#epoch;
    if (!epoch) return;
    this.#epoch = undefined;
    this.#count(epoch);
    if (epoch.bytesOut > 0) this.#problem = undefined;
    this.#deps.log.info({ epoch: epoch.number, why }, 'epoch ends');
    void epoch.finish();
  }

  /** Looks after the process; call it several times a second. `silentMs`: nothing came from the publisher for so long. */
  tick(nowMs: number, silentMs: number): void {
    if (this.#slate && this.#shown && silentMs > slateAfterMs) {
      this.finish('slate');
      this.#slate.show(this.#shown);
    }
    const epoch = this.#epoch;
    const fault = epoch && this.#watch.look(epoch, nowMs);
    if (epoch && fault !== undefined) {
      void epoch.kill();
      this.#lost(epoch, fault);
    }
    if (nowMs - this.#sampledMs < sampleMs) return;
    this.#sampledMs = nowMs;
    void this.#measure(epoch, nowMs);
  }

  async #measure(epoch: Epoch | undefined, nowMs: number): Promise<void> {
    const pid = epoch?.pid;
    await this.#meter.sample(pid, nowMs);
    if (pid === undefined) this.#deps.ladder?.rest(nowMs);
    else this.#deps.ladder?.uses(this.#meter.cores, nowMs);
    const { memoryBytes } = this.#meter;
    if (!epoch || epoch !== this.#epoch || memoryBytes <= this.#config.memoryLimitBytes) return;
    void epoch.kill();
    this.#lost(
      epoch,
      `FFmpeg took ${String(Math.round(memoryBytes / 2 ** 20))} MiB of memory, more than bridge.memoryLimitBytes`,
    );
  }

  /** The state of things. */
  report(nowMs: number): BridgeReport {
    const epoch = this.#epoch;
    const plan = epoch?.plan;
    const encoder = this.#deps.encoder?.report(plan?.encoder);
    const ladder = this.#deps.ladder?.report(plan ?? { rungs: [], layers: [] }, nowMs);
    return {
      state: this.#state(nowMs),
      video: plan?.video ?? 'none',
      audio: plan?.audio ?? 'none',
      epoch: this.#handover.count,
      restarts: this.#restartCount,
      pid: epoch?.pid,
      framesIn: this.#framesIn + (epoch?.framesIn ?? 0),
      framesDropped: this.#framesDropped + (epoch?.framesDropped ?? 0),
      cpuCores: rounded(this.#meter.cores, 3),
      problem: epoch && epoch.bytesOut > 0 ? undefined : this.#problem,
      ...(encoder && { encoder }),
      ...(this.#slate && { slate: this.#slate.report }),
      ...(ladder && { ladder }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.finish('closed');
    this.#slate?.hide();
    await this.#handover[Symbol.asyncDispose]();
  }

  #state(nowMs: number): BridgeState {
    const gone = this.#epoch?.gone ?? false;
    if (this.#epoch && !gone && (this.#epoch.bytesOut > 0 || !this.#problem)) return 'running';
    if (this.#restarts.givenUp(nowMs)) return 'failed';
    return this.#problem || gone ? 'restarting' : 'waiting';
  }

  /** A video stream begins at a keyframe, an audio stream anywhere. */
  #begin(unit: AccessUnit, nowMs: number): Epoch | undefined {
    const kind = this.#leads;
    if (this.#disposed || unit.kind !== kind || !unit.config || !this.#restarts.mayStart(nowMs))
      return undefined;
    const video = kind === 'video' ? unit.config : undefined;
    const audio = this.#tracks.some((track) => track.kind === 'audio') ? opusConfig : undefined;
    const backwards = this.#backwards >= backwardsLimit;
    const way = videoWay({ codec: video?.codec ?? 'opus', backwards, reorderDepth: this.#reorderDepth });
    const { videoBitrateBps, audioBitrateBps, opus, inputLimitBytes, memoryLimitBytes } = this.#config;
    const { passthrough, reorderDepth } = way;
    const reordered = reorderDepth > 0;
    const { encoded: rungs = [], copies: layers = [] } =
      (video && this.#deps.ladder?.plan(video, { passthrough, nowMs })) ?? {};
    const encoder = this.#deps.encoder?.choose(nowMs);
    const plan = planFfmpeg({
      ...(encoder && { encoder }),
      ...{ video, audio, passthrough, reordered, rungs, layers },
      ...{ videoBitrateBps, audioBitrateBps, opus, sounds: this.#soundsNow },
    });
    this.#slate?.hide();
    this.#shown = plan;
    this.#timeline.begin(unit);
    const startedWallMs = this.#deps.clock.wallMs() - (this.#deps.clock.nowMs() - unit.arrivedMs);
    const number = this.#handover.next();
    const limits = { inputLimitBytes, memoryLimitBytes };
    const request = { number, plan, video, audio, startedWallMs, way, ...limits };
    const epoch = new Epoch(this.#deps.ffmpeg, request, nowMs);
    this.#watch.begin(nowMs);
    this.#follow(epoch);
    const { video: how, audio: sound } = plan;
    const order = {
      ...(reordered && { reorderDepth }),
      ...(rungs.length > 0 && { rungs: rungs.map(({ width, height }) => `${width}x${height}`) }),
      ...(layers.length > 0 && { layers: layers.map(({ rid }) => rid) }),
      ...(plan.sounds.length > 1 && { sounds: plan.sounds.map(({ name }) => name) }),
    };
    this.#deps.log.info({ epoch: epoch.number, video: how, audio: sound, ...order }, 'epoch begins');
    return epoch;
  }

  /** Hands the epoch on, and notices its end. */
  #follow(epoch: Epoch): void {
    void epoch.ended.then((exit) => {
      if (this.#epoch === epoch) this.#lost(epoch, problemOf(exit));
    });
    this.#handover.follow(epoch);
  }

  #lost(epoch: Epoch, problem: string): void {
    this.#epoch = undefined;
    this.#count(epoch);
    this.#problem = problem;
    this.#restartCount += 1;
    const nowMs = this.#deps.clock.nowMs();
    this.#restarts.failed(nowMs);
    this.#deps.encoder?.failed(epoch.plan.encoder, problem, nowMs);
    this.#fruitless = epoch.bytesOut > 0 ? 0 : this.#fruitless + 1;
    const { rungs, layers } = epoch.plan;
    if (this.#fruitless >= fruitlessLimit && rungs.length + layers.length > 0)
      this.#deps.ladder?.fails(nowMs);
    this.#deps.log.warn({ epoch: epoch.number, problem }, 'ffmpeg ended early');
  }

  #count(epoch: Epoch): void {
    this.#framesIn += epoch.framesIn;
    this.#framesDropped += epoch.framesDropped;
  }
}

function problemOf(exit: FfmpegExit): string {
  return exit.problem === '' ? 'FFmpeg ended by itself' : exit.problem;
}
