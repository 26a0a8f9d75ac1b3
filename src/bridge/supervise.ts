import type { BridgeReport, CmafEpoch, Obstacle } from '#src/core/cmaf.ts';
import type { Clock } from '#src/core/clock.ts';
import { rounded } from '#src/core/rounding.ts';
import type { Track } from '#src/core/media.ts';
import type { Kept } from './backlog.ts';
import type { BridgeConfig } from './config.ts';
import type { AccessUnit, CodecConfig } from './depacketise/unit.ts';
import { EncoderNeed } from './encoder-need.ts';
import type { Epoch } from './epoch.ts';
import { startEpoch, type EpochMakers } from './epoch-start.ts';
import { ExpectedTracks } from './expected-tracks.ts';
import { FaultRecord } from './fault-record.ts';
import { feed, type Fed } from './feed.ts';
import type { FfmpegExit } from './ffmpeg.ts';
import { Handover } from './handover.ts';
import { HangWatch } from './hang-watch.ts';
import { pastMs } from './past.ts';
import { PictureWatch } from './picture-watch.ts';
import { ProcessMeter } from './process-meter.ts';
import type { FfmpegPlan } from './profile.ts';
import { Recovery } from './recovery.ts';
import { slateSource } from './slate-plan.ts';
import { Slate } from './slate.ts';
import { sameSounds, type StreamSounds } from './sounds/stream-sounds.ts';
import { Timeline } from './timeline.ts';

/** What the supervisor needs. */
export interface SupervisorDeps extends EpochMakers {
  readonly onEpoch: (epoch: CmafEpoch) => void;
  readonly clock: Clock;
  readonly segmentTargetMs: number;
}

const sampleMs = 2_000;
/** Nothing from the publisher for so long makes room for the slate: soon, since players hold little more in store. */
const slateAfterMs = 1_500;
/** What an epoch begins with. */
interface Beginning {
  /** Its time 0. */
  readonly first: AccessUnit;
  readonly config: CodecConfig;
  readonly startedWallMs: number;
  readonly pastMs: number;
}

/** Keeps one FFmpeg going for a stream: begins epochs at keyframes, ends them, watches them, tries again. */
export class Supervisor implements AsyncDisposable {
  readonly #deps: SupervisorDeps;
  readonly #config: BridgeConfig;
  readonly #faults: FaultRecord;
  readonly #meter = new ProcessMeter();
  #timeline = new Timeline({ video: 90_000, audio: 48_000 });
  #expected = new ExpectedTracks([], { choices: [] });
  #epoch: Epoch | undefined;
  readonly #handover: Handover;
  readonly #watch: HangWatch;
  readonly #slate: Slate | undefined;
  readonly #recovery: Recovery<Epoch>;
  /** How the publisher was shown last. */
  #shown: FfmpegPlan | undefined;
  #framesIn = 0;
  #framesDropped = 0;
  #pictures = new PictureWatch();
  #sampledMs = 0;
  #disposed = false;

  constructor(deps: SupervisorDeps, config: BridgeConfig) {
    this.#deps = deps;
    this.#config = config;
    this.#faults = new FaultRecord(new EncoderNeed(deps.encoder));
    this.#handover = new Handover((epoch) => deps.onEpoch(epoch));
    this.#watch = new HangWatch(config);
    const source = slateSource(config.slate);
    const { memoryLimitBytes, backlogLimitBytes } = config;
    const timeOf = ({ timestamp }: AccessUnit): number => this.#timeline.placeBeside(timestamp) ?? -Infinity;
    this.#recovery = new Recovery<Epoch>(backlogLimitBytes, { timeOf, wallOf: (unit) => this.#wallOf(unit) });
    this.#slate = source && new Slate({ ...deps, source, memoryLimitBytes, handover: this.#handover });
  }

  /** The publisher's tracks, what its sounds are, and the timeline their units are placed on. */
  expect(tracks: readonly Track[], sounds: Pick<StreamSounds, 'choices'>, timeline: Timeline): void {
    this.#expected = new ExpectedTracks(tracks, sounds);
    this.#timeline = timeline;
    this.#pictures = new PictureWatch();
    this.#recovery.clear();
  }

  /** Takes the next unit; false when only a keyframe helps. */
  take(unit: AccessUnit, nowMs: number): boolean {
    if (!this.#timeline.observe(unit)) this.finish('timestamps broke off');
    if (unit.kind === 'video') this.#watchPicture(unit, nowMs);
    if (unit.keyframe && unit.kind === this.#expected.leads) this.#watchSounds();
    const kept: Kept = { of: 'lead', unit };
    const isKept = this.#recovery.keep(kept);
    if (!this.#epoch && (this.#resume(nowMs) || this.#recovery.isReady)) return true;
    this.#epoch ??= this.#begin(kept, nowMs);
    if (!this.#epoch) {
      if (unit.kind === 'video' && !isKept) this.#framesDropped += 1;
      return unit.kind === 'audio';
    }
    const { written, backwards } = this.#feed(kept, nowMs);
    if (backwards && unit.kind === 'video') this.#pictures.wentBack();
    if (!written) this.#deps.ladder?.lags(nowMs);
    return written;
  }

  /** Takes a frame of a sound beside the first, or a picture of a layer beside the leading one, whose timestamps it has. */
  takeBeside(kept: Kept, nowMs: number): void {
    this.#recovery.keep(kept);
    this.#feed(kept, nowMs);
  }

  #feed(kept: Kept, nowMs: number): Fed {
    return feed(kept, { epoch: this.#epoch, timeline: this.#timeline, nowMs });
  }

  /** Ends an epoch that has not all of the sounds. */
  #watchSounds(): void {
    if (this.#epoch && !sameSounds(this.#epoch.plan.sounds, this.#expected.sounds))
      this.finish('other sounds');
  }

  /** Ends an epoch that cannot take this picture as it is. */
  #watchPicture(unit: AccessUnit, nowMs: number): void {
    const { config, keyframe } = unit;
    // Pictures of both kinds cannot go into one process.
    if (this.#pictures.picture(unit) && !this.#epoch) this.#recovery.clear();
    if (config && this.#epoch?.outdatedBy(config)) this.finish('video parameters changed');
    const epoch = this.#epoch;
    if (!keyframe || !epoch) return;
    if (this.#deps.ladder?.outdates(epoch.plan, nowMs)) this.finish('other qualities');
    const objection = this.#pictures.objects(epoch.way);
    if (objection !== undefined) this.finish(objection);
  }

  /** Whether a start waits for nothing but a keyframe. */
  waitsForKeyframe(nowMs: number): boolean {
    const mayBegin = this.#faults.mayStart(nowMs) && this.#faults.need.refusal === undefined;
    return !this.#epoch && !this.#recovery.isReady && mayBegin;
  }

  /** Ends the current epoch in order; the next unit that can begin one does. */
  finish(why: string): void {
    this.#recovery.clear();
    const epoch = this.#epoch;
    if (!epoch) return;
    this.#epoch = undefined;
    this.#count(epoch);
    this.#faults.ended(epoch);
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
    if (epoch) this.#faults.look(epoch, nowMs);
    const fault = epoch && this.#watch.look(epoch, nowMs);
    if (epoch && fault !== undefined) this.#giveUp(epoch, fault);
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
    const size = String(Math.round(memoryBytes / 2 ** 20));
    this.#giveUp(epoch, `FFmpeg took ${size} MiB of memory, more than bridge.memoryLimitBytes`);
  }

  /** Nothing good will come of this process. */
  #giveUp(epoch: Epoch, fault: string): void {
    void epoch.kill();
    this.#lost(epoch, fault);
  }

  /** The state of things. */
  report(nowMs: number): BridgeReport {
    const epoch = this.#epoch;
    const plan = epoch?.plan;
    const encoder = this.#deps.encoder?.report(plan?.encoder);
    const ladder = this.#deps.ladder?.report(plan ?? { rungs: [], layers: [] }, nowMs);
    return {
      ...this.#faults.report(epoch, nowMs),
      video: plan?.video ?? 'none',
      audio: plan?.audio ?? 'none',
      epoch: this.#handover.count,
      pid: epoch?.pid,
      framesIn: this.#framesIn + (epoch?.framesIn ?? 0),
      framesDropped: this.#framesDropped + (epoch?.framesDropped ?? 0),
      cpuCores: rounded(this.#meter.cores, 3),
      ...(encoder && { encoder }),
      ...(this.#slate && { slate: this.#slate.report }),
      ...(ladder && { ladder }),
    };
  }

  /** Why nothing comes. */
  obstacle(nowMs: number): Obstacle | undefined {
    return this.#faults.obstacle(this.#epoch, nowMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.finish('closed');
    this.#slate?.hide();
    await this.#handover[Symbol.asyncDispose]();
  }

  /** A video stream begins at a keyframe, an audio stream anywhere. */
  #begin(kept: Kept, nowMs: number): Epoch | undefined {
    const { unit } = kept;
    const { kind, config } = unit;
    if (this.#disposed || kind !== this.#expected.leads || !config || !this.#faults.mayStart(nowMs))
      return undefined;
    if (!this.#faults.need.allows(config, this.#pictures.way(config.codec))) return undefined;
    const beginning = { first: unit, config, startedWallMs: this.#wallOf(unit), pastMs: 0 };
    const epoch = this.#open(beginning, nowMs);
    this.#recovery.begins(epoch);
    this.#recovery.keep(kept);
    return epoch;
  }

  /** Begins where the epoch that was lost ended, when that is known; false where it is not. */
  #resume(nowMs: number): boolean {
    if (this.#disposed || !this.#faults.mayStart(nowMs)) return false;
    const restart = this.#recovery.restart(nowMs);
    const config = restart?.units[0]?.unit.config;
    if (!restart || !config) return false;
    const { first, units, fromMs, startedWallMs, lost } = restart;
    if (this.#deps.ladder?.outdates(lost.plan, nowMs) || this.#pictures.objects(lost.way) !== undefined) {
      this.#recovery.clear();
      return false;
    }
    const epoch = this.#open({ first, config, startedWallMs, pastMs: fromMs < 0 ? pastMs : 0 }, nowMs);
    this.#epoch = epoch;
    this.#recovery.goesOn(epoch);
    const target = { epoch, timeline: this.#timeline, nowMs, fromMs };
    epoch.catchUp(() => units.forEach((kept) => feed(kept, target)));
    return true;
  }

  /** Wall clock at a unit's arrival. */
  #wallOf({ arrivedMs }: AccessUnit): number {
    const { clock } = this.#deps;
    return clock.wallMs() - (clock.nowMs() - arrivedMs);
  }

  #open({ first, config, startedWallMs, pastMs }: Beginning, nowMs: number): Epoch {
    const { hasSound, sounds } = this.#expected;
    const [number, way] = [this.#handover.next(), this.#pictures.way(config.codec)];
    const start = { number, config, hasSound, sounds, way, startedWallMs, pastMs, nowMs };
    const epoch = startEpoch(this.#deps, start, this.#config);
    this.#slate?.hide();
    this.#shown = epoch.plan;
    this.#timeline.begin(first);
    this.#watch.begin(nowMs);
    this.#follow(epoch);
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
    this.#recovery.lost(epoch);
    this.#count(epoch);
    const nowMs = this.#deps.clock.nowMs();
    this.#faults.lost(epoch, problem, nowMs);
    this.#deps.encoder?.failed(epoch.plan.encoder, problem, nowMs);
    const { rungs, layers } = epoch.plan;
    if (this.#faults.isFruitless && rungs.length + layers.length > 0) this.#deps.ladder?.fails(nowMs);
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
