import type { CmafEpoch, CmafTrack, Packager, PackagerReport } from '#src/core/cmaf.ts';
import type { Clock } from '#src/core/clock.ts';
import { Lifetime } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import type { SegmentListener, SegmentSpool } from '#src/core/record.ts';
import { randomText } from '#src/core/random.ts';
import { Audience } from './audience.ts';
import type { HlsConfig } from './config.ts';
import { Intake, type IntakeSink } from './intake.ts';
import { Measure } from './measure.ts';
import { renderMultivariant } from './multivariant.ts';
import { Rendition, type Run } from './rendition.ts';
import { reportOf } from './report.ts';
import { RungAlignment, type PlacedSample } from './rung-alignment.ts';
import type { TimedSample } from './samples.ts';
import { partTargetFor, timingOf, type StreamTiming } from './timing.ts';
import { Waiters, type WaitResult } from './waiters.ts';

/** What a packager needs. */
export interface PackagerDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Who else gets the media of this incarnation. */
  readonly sinks?: (incarnation: string) => PackagerSinks;
}

/** Who gets the media of one incarnation besides its players. */
export interface PackagerSinks {
  readonly listener: SegmentListener | undefined;
  /** Belongs to the packager from here on. */
  readonly spool: SegmentSpool | undefined;
}

/**
 * A rendition that is not there this long after the leader's first complete segment is left out of the multivariant playlist
 * until it comes. Players read that playlist once: whoever gets it too early stays without sound.
 */
const lateStartMs = 3_000;

/** One stream: epochs in, renditions out. */
export class StreamPackager implements Packager {
  /** Part of every URL below the multivariant playlist: names are never reused, not even after a restart. */
  readonly incarnation = randomText(8);
  readonly audience: Audience;
  readonly traffic = { requests: 0, bytesOut: 0 };
  readonly #life = new Lifetime();
  readonly closed = this.#life.closed;
  readonly #log: Log;
  readonly #config: HlsConfig;
  readonly #sinks: PackagerSinks;
  readonly #renditions = new Map<string, Rendition>();
  readonly #intakes = new Set<Intake>();
  readonly #starting: Waiters;
  readonly #measure: Measure;
  readonly #rungs = new RungAlignment();
  readonly #sink: IntakeSink = {
    sample: (intake, track, sample) => this.#sample(intake, track, sample),
    ended: (intake, track, error) => this.#trackEnded(intake, track, error),
  };
  #timing: StreamTiming | undefined;
  #frameMs = 0;
  #current: Intake | undefined;
  #run: Run = { number: 0, startedWallMs: 0, baseMediaTimeMs: 0 };
  /** Media time at which the leader's listed media of this run begins. */
  #runStartMs: number | undefined;
  /** Media time of this run from which on the leader could be played. */
  #playableFromMs: number | undefined;
  /** Could be served at some time: from then on it is, whatever a later run lacks. */
  #opened = false;
  /** What the newest run has or will have. */
  #expected: readonly CmafTrack[] = [];
  /** Renditions that have begun in this run. */
  readonly #begun = new Set<string>();
  /** Tracks from which nothing will come. */
  readonly #unreadable = new WeakSet<CmafTrack>();
  #finished = false;

  constructor(deps: PackagerDeps, config: HlsConfig) {
    this.#log = deps.log;
    this.#config = config;
    this.#sinks = deps.sinks?.(this.incarnation) ?? { listener: undefined, spool: undefined };
    if (this.#sinks.spool) this.#life.own(this.#sinks.spool);
    this.audience = new Audience(deps.clock);
    this.#starting = new Waiters(config.maxBlockedRequests);
    this.#measure = new Measure(config.measureMs);
    this.#life.defer(() => this.finish());
  }

  get finished(): boolean {
    return this.#finished;
  }

  get report(): PackagerReport {
    const renditions = [...this.#renditions.values()];
    return {
      ready: this.#ready(),
      renditions: renditions.filter((rendition) => rendition.parts > 0).map(reportOf),
      viewers: this.audience.size,
      ...this.traffic,
    };
  }

  accept(epoch: CmafEpoch): void {
    const intake = new Intake(epoch);
    if (this.#finished) {
      // Begun and then ended: a source that was never asked for anything would not notice that nobody wants it.
      intake.read(this.#sink);
      intake.stop();
      return;
    }
    this.#intakes.add(intake);
    this.#log.info(
      { epoch: epoch.epoch, tracks: epoch.tracks.map((track) => track.rendition) },
      'epoch accepted',
    );
    intake.read(this.#sink);
  }

  pause(): void {
    // Nothing is flushed: the publisher may go on within the same epoch, and a short part in the middle of a segment
    // would break the 85 % rule. Whoever waits goes on waiting, up to the limit that the origin sets.
    this.#log.info({ run: this.#run.number }, 'publisher is away');
  }

  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#endRun();
    for (const intake of this.#intakes) intake.stop();
    for (const rendition of this.#renditions.values()) rendition.end();
    this.#sinks.listener?.ended();
    this.#starting.wake();
    const timer = setTimeout(() => void this.#life.end(), this.#config.lingerMs);
    this.#life.defer(() => clearTimeout(timer));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.end();
  }

  rendition(id: string): Rendition | undefined {
    const rendition = this.#renditions.get(id);
    return rendition && rendition.parts > 0 ? rendition : undefined;
  }

  /** Waits until the multivariant playlist can be served or the stream has ended without. */
  start(timeoutMs: number, signal: AbortSignal): Promise<WaitResult> {
    return this.#starting.wait(() => this.#finished || this.#ready(), timeoutMs, signal);
  }

  /** The multivariant playlist; undefined before the first segment. */
  multivariant(): string | undefined {
    if (!this.#ready()) return undefined;
    const listed = [...this.#renditions.values()]
      .filter((rendition) => rendition.playable && !this.#leftOut(rendition))
      .toSorted((one, other) => one.id.localeCompare(other.id, 'en', { numeric: true }));
    const variants = listed.map((rendition) => ({
      uri: `${this.incarnation}/${rendition.playlistName}`,
      facts: rendition.facts,
      ...rendition.window.bitrates(),
      frameRate: rendition.kind === 'video' && this.#frameMs > 0 ? 1000 / this.#frameMs : 0,
    }));
    return renderMultivariant(variants, { audioOnly: this.#config.audioOnly });
  }

  /** A rung that this run does without: whoever chooses now shall not choose it. */
  #leftOut(rendition: Rendition): boolean {
    const rungs = this.#expected.filter(({ kind }) => kind === 'video');
    return (
      rendition.kind === 'video' && rungs.length > 0 && !rungs.some((rung) => rung.rendition === rendition.id)
    );
  }

  #ready(): boolean {
    if (this.#opened) return true;
    const due = this.#expected.filter((track) => !this.#unreadable.has(track));
    if (due.every((track) => this.#renditions.get(track.rendition)?.playable === true)) return due.length > 0;
    if (this.#finished) return [...this.#renditions.values()].some((rendition) => rendition.playable);
    const leaderEndMs = this.#leader()?.endMs ?? -Infinity;
    return leaderEndMs - (this.#playableFromMs ?? Infinity) > lateStartMs;
  }

  #leader(): Rendition | undefined {
    return this.#renditions.get(this.#current?.leader ?? '');
  }

  #sample(intake: Intake, track: CmafTrack, sample: TimedSample): void {
    if (this.#finished || !this.#intakes.has(intake)) return;
    if (intake !== this.#current) this.#switchTo(intake);
    if (this.#timing) {
      this.#deliver(intake, track, sample);
    } else if (this.#measure.add({ track, sample }, intake.leader)) {
      this.#settleTiming(intake);
    }
    this.#opened = this.#ready();
    if (this.#starting.count > 0) this.#starting.wake();
  }

  /** The first sample of a newer epoch ends the older ones: what they still hold would come too late. */
  #switchTo(intake: Intake): void {
    this.#endRun();
    for (const older of this.#intakes) {
      if (older === intake) break;
      older.stop();
      this.#intakes.delete(older);
    }
    this.#current = intake;
    const { startedWallMs, baseMediaTimeMs } = intake.epoch;
    this.#run = { number: this.#run.number + 1, startedWallMs, baseMediaTimeMs };
    this.#expected = intake.epoch.tracks;
    this.#runStartMs = undefined;
    this.#playableFromMs = undefined;
    this.#begun.clear();
    const rungs = intake.epoch.tracks
      .filter(({ kind }) => kind === 'video')
      .map(({ rendition }) => rendition);
    this.#rungs.begin(rungs.filter((id) => id !== intake.leader));
  }

  #settleTiming(intake: Intake): void {
    const { partTargetMs: wishedMs } = this.#config;
    this.#frameMs = this.#measure.frameMs(intake.leader);
    this.#timing = timingOf(partTargetFor(this.#frameMs, wishedMs), this.#config);
    this.#log.info(
      { partTargetMs: this.#timing.partTargetMs, frameMs: this.#frameMs },
      'part target settled',
    );
    for (const { track, sample } of this.#measure.take()) this.#deliver(intake, track, sample);
  }

  #deliver(intake: Intake, track: CmafTrack, sample: TimedSample): void {
    const id = track.rendition;
    const init = intake.inits.get(id);
    const shownMs = sample.startMs + (sample.offsetTicks * 1000) / (init?.facts.timescale ?? 1000);
    if (this.#rungs.follows(id)) {
      this.#place(intake, this.#rungs.follow(id, { sample, shownMs }));
      return;
    }
    this.#package(intake, track, sample);
    if (id === intake.leader) this.#place(intake, this.#rungs.lead(shownMs));
  }

  /** Packages lower rungs, whose segments begin where those of the leader do. */
  #place(intake: Intake, placed: readonly PlacedSample[]): void {
    for (const { rendition, sample, cut } of placed) {
      const track = intake.epoch.tracks.find((each) => each.rendition === rendition);
      if (cut) this.#renditions.get(rendition)?.cutHere();
      if (track) this.#package(intake, track, sample);
    }
  }

  #package(intake: Intake, track: CmafTrack, sample: TimedSample): void {
    const id = track.rendition;
    const rendition = this.#renditions.get(id) ?? this.#open(id, intake);
    if (!rendition) return;
    const init = intake.inits.get(id);
    if (init && !this.#begun.has(id)) {
      this.#begun.add(id);
      const video = intake.epoch.tracks.some(({ kind }) => kind === 'video');
      rendition.begin(this.#run, init, id === intake.leader || !video);
    }
    this.#runStartMs ??= sample.startMs;
    rendition.push(sample);
    if (id === intake.leader && rendition.playable) this.#playableFromMs ??= sample.startMs;
  }

  #open(id: string, intake: Intake): Rendition | undefined {
    const init = intake.inits.get(id);
    if (!init || !this.#timing) return undefined;
    const deps = {
      id,
      timing: this.#timing,
      config: this.#config,
      reports: () =>
        [...this.#renditions.values()]
          .filter((other) => other.id !== id && other.parts > 0)
          .map((o) => o.report()),
      onCut: (startMs: number) => this.#cut(id, startMs),
      ...this.#sinks,
    };
    const rendition = new Rendition(deps, this.#run, init);
    this.#renditions.set(id, rendition);
    return rendition;
  }

  #cut(id: string, startMs: number): void {
    if (id !== this.#current?.leader) return;
    this.#rungs.cut();
    for (const rendition of this.#renditions.values()) {
      if (rendition.id === id) continue;
      if (rendition.kind === 'audio') rendition.leaderCutAt(startMs);
      const silentMs = startMs - this.#listedUntil(rendition);
      // Absent from this run, or stuck for as long as a segment may be: its players would wait for ever.
      if (!this.#takesPart(rendition)) this.#gap(rendition, startMs);
      else if (silentMs > rendition.timing.targetDurationMs)
        this.#gap(rendition, startMs - rendition.timing.segmentTargetMs);
    }
  }

  #takesPart(rendition: Rendition): boolean {
    return this.#current?.epoch.tracks.some((track) => track.rendition === rendition.id) === true;
  }

  #listedUntil(rendition: Rendition): number {
    const startMs = this.#runStartMs ?? 0;
    return rendition.listedRun === this.#run.number ? (rendition.endMs ?? startMs) : startMs;
  }

  #gap(rendition: Rendition, untilMs: number): void {
    const fromMs = this.#listedUntil(rendition);
    if (untilMs > fromMs) rendition.fillGap(this.#run, fromMs, untilMs);
  }

  #trackEnded(intake: Intake, track: CmafTrack, error: unknown): void {
    if (error !== undefined) {
      const { epoch } = intake.epoch;
      this.#log.warn(
        { err: error, epoch, rendition: track.rendition },
        'a track of FFmpeg cannot be read further',
      );
      this.#unreadable.add(track);
    }
    if (intake === this.#current) {
      if (intake.done) this.#endRun();
      else if (this.#timing) {
        this.#place(intake, this.#rungs.rest(track.rendition));
        this.#renditions.get(track.rendition)?.flush(this.#run.number + 1);
      }
    }
    if (intake.done) this.#intakes.delete(intake);
  }

  /** Lists what is left, and gives every rendition its share of this run, so that discontinuities stay in step. */
  #endRun(): void {
    const intake = this.#current;
    if (!intake) return;
    if (!this.#measure.empty) this.#settleTiming(intake);
    for (const { rendition } of intake.epoch.tracks) this.#place(intake, this.#rungs.rest(rendition));
    const renditions = [...this.#renditions.values()];
    for (const rendition of renditions) rendition.flush(this.#run.number + 1);
    const inRun = renditions.filter((rendition) => rendition.listedRun === this.#run.number);
    const endMs = Math.max(...inRun.map((rendition) => rendition.endMs ?? 0));
    for (const rendition of renditions)
      if (!inRun.includes(rendition) || !this.#takesPart(rendition)) this.#gap(rendition, endMs);
    this.#current = undefined;
  }
}
