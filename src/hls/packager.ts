import type { CmafEpoch, CmafTrack, Obstacle, Packager, PackagerReport } from '#src/core/cmaf.ts';
import type { Clock } from '#src/core/clock.ts';
import { Lifetime } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import { randomText } from '#src/core/random.ts';
import { Audience } from './audience.ts';
import { languagesFor } from './captions/config.ts';
import type { HlsConfig } from './config.ts';
import { Manifest } from './dash/manifest.ts';
import { Manifests } from './dash/manifests.ts';
import { Extras, type ExtraMaker } from './extras.ts';
import { Intake, type IntakeSink } from './intake.ts';
import { Measure } from './measure.ts';
import { renderMultivariant } from './multivariant.ts';
import { Opening } from './opening.ts';
import { Packaging, type PackagerDeps, type PackagerSinks } from './packaging.ts';
import { partWishMs } from './profile.ts';
import { Readiness } from './readiness.ts';
import type { Rendition } from './rendition.ts';
import { reportOf } from './report.ts';
import type { TimedSample } from './samples.ts';
import type { ServedRendition } from './served.ts';
import { steeringName, type Pathway } from './steering.ts';
import { Storyboard } from './storyboard/storyboard.ts';
import { StreamText } from './timed-text.ts';
import { partTargetFor, timingOf } from './timing.ts';
import type { WaitResult } from './waiters.ts';

/** Parts of a stream that begins without pictures suit this frame interval: few publishers send fewer than 25 per second. */
const likelyFrameMs = 40;

/**
 * One stream: epochs in, renditions out. What is served beside the encoder's tracks hooks in by {@link StreamPackager.addExtra}
 * (extras.ts); what the multivariant playlist says is put together in {@link StreamPackager.multivariant}.
 */
export class StreamPackager implements Packager {
  /** Part of every URL below the multivariant playlist: names are never reused, not even after a restart. */
  readonly incarnation = randomText(8);
  readonly audience: Audience;
  readonly traffic = { requests: 0, bytesOut: 0 };
  /** Captions and date ranges. */
  readonly text: StreamText;
  /** Small pictures for seeking; undefined where nobody wants them. */
  readonly storyboard: Storyboard | undefined;
  readonly #life = new Lifetime();
  readonly closed = this.#life.closed;
  readonly #log: Log;
  readonly #config: HlsConfig;
  readonly #sinks: PackagerSinks;
  readonly #renditions = new Map<string, Rendition>();
  readonly #extras = new Extras();
  readonly #readiness = new Readiness(this.#renditions);
  readonly #packaging: Packaging;
  readonly #dash: Manifests;
  readonly #intakes = new Set<Intake>();
  readonly #opening: Opening;
  readonly #measure: Measure;
  readonly #sink: IntakeSink = {
    sample: (intake, track, sample) => this.#sample(intake, track, sample),
    ended: (intake, track, error) => this.#trackEnded(intake, track, error),
  };
  readonly #partWishMs: number;
  /** Of the pictures; 0 while nobody knows. */
  #frameRate = 0;
  #finished = false;

  constructor(deps: PackagerDeps, config: HlsConfig) {
    this.#log = deps.log;
    this.#config = config;
    this.#sinks = deps.sinks?.(this.incarnation) ?? { listener: undefined, spool: undefined };
    if (this.#sinks.spool) this.#life.own(this.#sinks.spool);
    this.audience = new Audience(deps.clock);
    const { incarnation } = this;
    this.#dash = new Manifests((maxHeight) => this.#manifest(deps.clock, maxHeight));
    this.text = new StreamText({
      clock: deps.clock,
      languages: languagesFor(config.captions, deps.matches ?? ((pattern) => pattern === '*')),
      addExtra: (make) => this.addExtra(make),
    });
    const { pictures, clock, log } = deps;
    this.storyboard =
      config.storyboard && pictures
        ? this.#life.own(new Storyboard({ pictures, clock, log, incarnation }))
        : undefined;
    this.#packaging = new Packaging({
      config,
      sinks: this.#sinks,
      renditions: this.#renditions,
      extras: this.#extras,
      readiness: this.#readiness,
      text: this.text,
      storyboard: this.storyboard,
    });
    this.#opening = new Opening(config.maxBlockedRequests, {
      isReady: () => this.#ready(),
      isFinished: () => this.#finished,
    });
    this.#measure = new Measure(config.measureMs);
    this.#partWishMs = partWishMs(config, deps.matches ?? (() => false));
    this.#life.defer(() => this.finish());
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** Somebody may have its playlists. */
  get wasSeen(): boolean {
    return this.#ready();
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
    this.#log.info({ run: this.#packaging.run }, 'publisher is away');
  }

  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#endRun();
    for (const intake of this.#intakes) intake.stop();
    for (const rendition of this.#renditions.values()) rendition.end();
    this.#sinks.listener?.ended();
    this.#opening.wake();
    const timer = setTimeout(() => void this.#life.end(), this.#config.lingerMs);
    this.#life.defer(() => clearTimeout(timer));
  }

  /** Why nothing comes now. */
  get obstacle(): Obstacle | undefined {
    return this.#opening.obstacle;
  }

  obstructedBy(ask: () => Obstacle | undefined): void {
    this.#opening.obstructedBy(ask);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.end();
  }

  /** A rendition of the encoder that has begun. */
  rendition(id: string): Rendition | undefined {
    const rendition = this.#renditions.get(id);
    return rendition && rendition.parts > 0 ? rendition : undefined;
  }

  /** Whatever has a media playlist of this name. */
  served(id: string): ServedRendition | undefined {
    return this.rendition(id) ?? this.#extras.find(id);
  }

  /** Adds a rendition that no track of the encoder feeds; false when there are too many. */
  addExtra(make: ExtraMaker): boolean {
    return this.#extras.add(make);
  }

  /** Waits until the multivariant playlist can be served, or the stream has ended without, or it is no use to wait. */
  start(timeoutMs: number, signal: AbortSignal): Promise<WaitResult> {
    return this.#opening.wait(timeoutMs, signal);
  }

  /** The same media as DASH sees it. */
  dash(maxHeight?: number): Manifest {
    return this.#dash.upTo(maxHeight);
  }

  /** Whether a rendition, or its pictures for seeking, may be had within this limit: now, or in another run. */
  allows(id: string, maxHeight: number | undefined, run?: number): boolean {
    if (maxHeight === undefined) return true;
    const extra = this.#extras.entryOf(id);
    return this.#packaging.heights.allows(extra?.as === 'i-frames' ? extra.of : id, maxHeight, run);
  }

  /**
   * The multivariant playlist; undefined before the first segment. With pathways, all of it for each of them; with a limit,
   * only pictures that are not higher.
   */
  multivariant(pathways?: readonly Pathway[], maxHeight?: number): string | undefined {
    if (!this.#ready()) return undefined;
    const { heights } = this.#packaging;
    const listed = [...this.#renditions.values()]
      .filter((rendition) => rendition.playable && !this.#readiness.leavesOut(rendition))
      .filter(({ id }) => heights.allows(id, maxHeight))
      .toSorted((one, other) => one.id.localeCompare(other.id, 'en', { numeric: true }));
    const variants = listed.map((rendition) => ({
      uri: `${this.incarnation}/${rendition.playlistName}`,
      facts: rendition.facts,
      ...rendition.window.bitrates(),
      frameRate: rendition.kind === 'video' ? this.#frameRate : 0,
      sound: rendition.sound,
    }));
    return renderMultivariant(variants, {
      audioOnly: this.#config.audioOnly,
      extras: this.#extras.listedIn(this.incarnation),
      startBehindMs: this.#config.startBehindMs,
      steering: pathways && { manifestUri: steeringName, pathways },
    });
  }

  /** Renditions that have something to play, once there is enough. */
  #begun(): readonly Rendition[] {
    return this.#ready() ? [...this.#renditions.values()].filter(({ parts }) => parts > 0) : [];
  }

  #manifest(clock: Clock, maxHeight: number | undefined): Manifest {
    const { incarnation } = this;
    const { heights } = this.#packaging;
    return new Manifest({
      ...{ incarnation, clock, tracks: () => this.#begun() },
      shows: (id, run) => heights.allows(id, maxHeight, run),
    });
  }

  #ready(): boolean {
    return this.#readiness.isReady(this.#packaging.leader?.endMs, this.#finished);
  }

  #sample(intake: Intake, track: CmafTrack, sample: TimedSample): void {
    if (this.#finished || !this.#intakes.has(intake)) return;
    if (intake !== this.#packaging.current) this.#switchTo(intake);
    if (this.#packaging.timing) {
      this.#packaging.deliver(intake, track, sample);
    } else if (this.#measure.add({ track, sample }, intake.leader)) {
      this.#settleTiming(intake);
    }
    this.#readiness.update(this.#packaging.leader?.endMs, this.#finished);
    this.#opening.wake();
  }

  /** The first sample of a newer epoch ends the older ones: what they still hold would come too late. */
  #switchTo(intake: Intake): void {
    this.#endRun();
    for (const older of this.#intakes) {
      if (older === intake) break;
      older.stop();
      this.#intakes.delete(older);
    }
    this.#packaging.begin(intake);
  }

  #settleTiming(intake: Intake): void {
    const frameMs = this.#measure.frameMs(intake.leader);
    if (intake.epoch.tracks.some(({ kind }) => kind === 'video'))
      this.#frameRate = this.#measure.frameRate(intake.leader) ?? 0;
    const timing = timingOf(partTargetFor(frameMs ?? likelyFrameMs, this.#partWishMs), this.#config);
    this.#log.info({ partTargetMs: timing.partTargetMs, frameMs }, 'part target settled');
    this.#packaging.settle(timing);
    for (const { track, sample } of this.#measure.take()) this.#packaging.deliver(intake, track, sample);
  }

  #trackEnded(intake: Intake, track: CmafTrack, error: unknown): void {
    if (error !== undefined) {
      const { epoch } = intake.epoch;
      this.#log.warn(
        { err: error, epoch, rendition: track.rendition },
        'a track of FFmpeg cannot be read further',
      );
      this.#readiness.lost(track);
    }
    if (intake === this.#packaging.current) {
      if (intake.done) this.#endRun();
      else if (this.#packaging.timing) this.#packaging.endTrack(intake, track);
    }
    if (intake.done) this.#intakes.delete(intake);
  }

  #endRun(): void {
    const { current } = this.#packaging;
    if (current && !this.#measure.empty) this.#settleTiming(current);
    this.#packaging.end();
  }
}
