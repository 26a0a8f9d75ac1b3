import type { CmafTrack } from '#src/core/cmaf.ts';
import type { Clock } from '#src/core/clock.ts';
import type { Log } from '#src/core/log.ts';
import type { PictureDesk } from '#src/core/pictures.ts';
import type { SegmentListener, SegmentSpool } from '#src/core/record.ts';
import type { HlsConfig } from './config.ts';
import type { Extras } from './extras.ts';
import { Gaps } from './gaps.ts';
import { Heights } from './heights.ts';
import { IFrames } from './i-frames.ts';
import type { Intake } from './intake.ts';
import type { Report } from './playlist.ts';
import type { Readiness } from './readiness.ts';
import { Rendition } from './rendition.ts';
import type { Run } from './run.ts';
import { RungAlignment, type PlacedSample } from './rung-alignment.ts';
import type { TimedSample } from './samples.ts';
import { Boundary } from './segments.ts';
import type { Storyboard } from './storyboard/storyboard.ts';
import type { StreamText } from './timed-text.ts';
import type { StreamTiming } from './timing.ts';

/** Who gets the media of one incarnation besides its players. */
export interface PackagerSinks {
  readonly listener: SegmentListener | undefined;
  /** Belongs to the packager from here on. */
  readonly spool: SegmentSpool | undefined;
}

/** What packaging needs from its stream. */
export interface PackagingDeps {
  readonly config: HlsConfig;
  readonly sinks: PackagerSinks;
  readonly renditions: Map<string, Rendition>;
  readonly extras: Extras;
  readonly readiness: Readiness;
  readonly text: StreamText;
  readonly storyboard: Storyboard | undefined;
}

/** What a packager needs. */
export interface PackagerDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Whether a pattern in the settings means this stream. */
  readonly matches?: (pattern: string) => boolean;
  /** Who else gets the media of this incarnation. */
  readonly sinks?: (incarnation: string) => PackagerSinks;
  /** Makes small pictures; without it there is no storyboard. */
  readonly pictures?: PictureDesk | undefined;
}

/** Brings the samples of one run after the other into renditions whose segments stay in step. */
export class Packaging {
  readonly #deps: PackagingDeps;
  readonly #renditions: Map<string, Rendition>;
  readonly #gaps: Gaps;
  readonly #rungs = new RungAlignment();
  /** How high the pictures are. */
  readonly heights = new Heights();
  /** Renditions that have begun in this run. */
  readonly #begun = new Set<string>();
  #timing: StreamTiming | undefined;
  #current: Intake | undefined;
  #run: Run = { number: 0, startedWallMs: 0, baseMediaTimeMs: 0 };
  /** Leader of the first run: what runs beside the tracks of the encoder follows this one, whoever leads later. */
  #mainId: string | undefined;

  constructor(deps: PackagingDeps) {
    this.#deps = deps;
    this.#renditions = deps.renditions;
    this.#gaps = new Gaps(deps.renditions);
  }

  /** The epoch that is packaged now. */
  get current(): Intake | undefined {
    return this.#current;
  }

  get run(): number {
    return this.#run.number;
  }

  get leader(): Rendition | undefined {
    return this.#renditions.get(this.#current?.leader ?? '');
  }

  get timing(): StreamTiming | undefined {
    return this.#timing;
  }

  /** The times of the stream are known; samples may come. */
  settle(timing: StreamTiming): void {
    this.#timing = timing;
    this.#deps.extras.open({
      timing,
      config: this.#deps.config,
      windowMs: Math.max(timing.windowMs, this.#deps.sinks.spool?.windowMs ?? 0),
      listener: this.#deps.sinks.listener,
      reports: (exceptId) => this.#reports(exceptId),
    });
  }

  /** Samples of another epoch follow. */
  begin(intake: Intake): void {
    this.#current = intake;
    const { startedWallMs, baseMediaTimeMs, tracks } = intake.epoch;
    this.#run = { number: this.#run.number + 1, startedWallMs, baseMediaTimeMs };
    this.#deps.readiness.begin(tracks);
    this.#gaps.begin(this.#run, tracks);
    this.#mainId ??= intake.leader;
    this.#begun.clear();
    const rungs = tracks.filter(({ kind }) => kind === 'video').map(({ rendition }) => rendition);
    this.heights.begin(this.#run.number, rungs);
    this.#rungs.begin(rungs.filter((id) => id !== intake.leader));
  }

  /** Takes a sample of the current epoch. */
  deliver(intake: Intake, track: CmafTrack, sample: TimedSample): void {
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

  /** A track of the current epoch gives nothing more. */
  endTrack(intake: Intake, { rendition }: CmafTrack): void {
    this.#place(intake, this.#rungs.rest(rendition));
    this.#renditions.get(rendition)?.flush();
  }

  /** Lists what is left, and gives every rendition its share of this run, so that discontinuities stay in step. */
  end(): void {
    const intake = this.#current;
    if (!intake) return;
    for (const { rendition } of intake.epoch.tracks) this.#place(intake, this.#rungs.rest(rendition));
    for (const rendition of this.#renditions.values()) rendition.flush();
    this.#gaps.endRun();
    this.#current = undefined;
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
      if (rendition.kind === 'video') this.heights.put(id, init.facts.height);
      rendition.sound = track.sound;
      // Where there is a choice of sounds, all of them have the segments of the first.
      const isAside = (track.sound?.index ?? 0) > 0;
      rendition.begin(this.#run, init, id === intake.leader || (!video && !isAside));
    }
    this.#gaps.startsAt(sample.startMs);
    rendition.push(sample);
    if (id === intake.leader && rendition.playable) this.#deps.readiness.leaderPlayable(sample.startMs);
  }

  #open(id: string, intake: Intake): Rendition | undefined {
    const init = intake.inits.get(id);
    if (!init || !this.#timing) return undefined;
    const deps = {
      id,
      timing: this.#timing,
      config: this.#deps.config,
      reports: () => this.#reports(id),
      dateRanges: () => this.#deps.text.dateRanges,
      onCut: (startMs: number) => this.#cut(id, startMs),
      onChange: () => {
        if (rendition.kind === 'video') this.#deps.storyboard?.follow(rendition);
        if (id !== this.#mainId) return;
        this.#deps.text.follow(rendition);
        this.#deps.extras.follow(rendition);
      },
      ...this.#deps.sinks,
    };
    const rendition = new Rendition(deps, this.#run, init);
    this.#renditions.set(id, rendition);
    if (rendition.kind === 'video' && this.#deps.config.iFrames)
      this.#deps.extras.add((place) => new IFrames(rendition, place));
    return rendition;
  }

  /** Where all renditions but one stand. */
  #reports(exceptId: string): readonly Report[] {
    const others = [...this.#renditions.values()].filter(({ id, parts }) => id !== exceptId && parts > 0);
    return [...others.map((rendition) => rendition.report()), ...this.#deps.extras.reports(exceptId)];
  }

  #cut(id: string, startMs: number): void {
    const leads = id === this.#current?.leader;
    const own = this.#renditions.get(id);
    if (leads) this.#rungs.cut();
    const boundaries = new Map<string, Boundary>();
    for (const rendition of this.#renditions.values()) {
      const { codecs } = rendition.facts;
      if (rendition.kind !== 'audio' || rendition === own) continue;
      // Without pictures the first sound of each codec leads those of its codec.
      if (own?.kind !== 'video' && own?.facts.codecs !== codecs) continue;
      const boundary = boundaries.get(codecs) ?? new Boundary(startMs);
      boundaries.set(codecs, boundary);
      rendition.leaderCutAt(boundary);
    }
    if (leads) this.#gaps.leaderCutAt(id, startMs);
  }
}
