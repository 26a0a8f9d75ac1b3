import type { SoundChoice } from '#src/core/cmaf.ts';
import type { TrackKind } from '#src/core/media.ts';
import type { SegmentListener, SegmentSpool } from '#src/core/record.ts';
import type { HlsConfig } from './config.ts';
import type { DateRangeView } from './dateranges.ts';
import { writeFragment } from './fragment.ts';
import type { InitFacts } from './init.ts';
import { Inits } from './inits.ts';
import { Listing } from './listing.ts';
import { Names } from './names.ts';
import { ListedDurations, PartCutter, type Cut } from './parts.ts';
import type { Report } from './playlist.ts';
import type { Run } from './run.ts';
import { clipSample, type TimedSample, type TrackInit } from './samples.ts';
import { tellSegment } from './segment-news.ts';
import { type Boundary, FollowerBoundaries, leaderCuts } from './segments.ts';
import type { StreamTiming } from './timing.ts';

/** What a rendition needs from its stream. */
export interface RenditionDeps {
  readonly id: string;
  readonly timing: StreamTiming;
  readonly config: HlsConfig;
  /** The other renditions, at this moment. */
  readonly reports: () => readonly Report[];
  /** What the playlists say of date ranges, at this moment. */
  readonly dateRanges: () => DateRangeView;
  /** It leads and began a segment at this media time. */
  readonly onCut: (startMs: number) => void;
  /** Its playlist says something new. */
  readonly onChange: () => void;
  /** Hears every complete segment. */
  readonly listener?: SegmentListener | undefined;
  /** Holds what no longer fits into memory. */
  readonly spool?: SegmentSpool | undefined;
}

/**
 * After a hole this long players may be told to wait for a keyframe; after a shorter one only where it is there, as hls.js
 * goes on at none other behind a part that is a gap.
 */
const longHoleMs = 1_500;
/** Rounding of timescales lets neighbours overlap by this much. */
const toleranceMs = 20;

/** What changes with the runs. */
interface RunMedia {
  readonly id: string;
  facts: InitFacts;
  sound: SoundChoice | undefined;
  readonly inits: Inits;
}

/** The media playlist of one track: takes samples, cuts them into parts and segments, and lists these. */
export class Rendition extends Listing {
  readonly kind: TrackKind;
  readonly #onCut: (startMs: number) => void;
  readonly #cutter: PartCutter;
  readonly #listed: ListedDurations;
  readonly #boundaries = new FollowerBoundaries();
  readonly #media: RunMedia;
  #run: Run;
  #leads = false;
  #segmentDue = true;

  constructor(deps: RenditionDeps, run: Run, init: TrackInit) {
    const { facts } = init;
    const media: RunMedia = { id: deps.id, facts, sound: undefined, inits: new Inits() };
    const { listener } = deps;
    super({
      ...deps,
      mediaType: `${facts.kind}/mp4`,
      init: (name) => media.inits.get(name),
      onComplete: listener && ((segment) => tellSegment(listener, media, segment)),
    });
    this.kind = facts.kind;
    this.#onCut = deps.onCut;
    this.#media = media;
    this.#run = run;
    this.#cutter = new PartCutter(deps.timing.partTargetMs);
    this.#listed = new ListedDurations(deps.timing.partTargetMs);
  }

  get facts(): InitFacts {
    return this.#media.facts;
  }

  /** Which of several sounds, by what was said last; undefined for video, and for sound of which nothing is said. */
  get sound(): SoundChoice | undefined {
    return this.#media.sound;
  }

  set sound(sound: SoundChoice | undefined) {
    this.#media.sound = sound;
  }

  /** Samples of another run follow. */
  begin(run: Run, init: TrackInit, leads: boolean): void {
    this.#run = run;
    this.#media.facts = init.facts;
    this.#media.inits.put(new Names(this.id).map(run.number), init.bytes);
    this.#leads = leads;
    this.#segmentDue = true;
    this.#boundaries.clear();
    this.beginRun(run);
  }

  push(sample: TimedSample): void {
    // Behind what is listed: its place was given up as a gap.
    if (this.#cutter.empty && sample.startMs < (this.endMs ?? 0) - toleranceMs) return;
    const { timing } = this;
    if (this.#cutter.stretched) this.#publish({ hole: sample.independent });
    const { open } = this.window;
    if (this.#leads && open && !this.#segmentDue) {
      if (leaderCuts(sample, open, { partStart: this.#cutter.empty, timing })) {
        this.#publish({ last: true, hole: sample.independent });
        this.#segmentDue = true;
        this.#onCut(sample.startMs);
      }
    }
    if (this.#cutter.endsBefore(sample)) this.#publish();
    this.#cutter.add(clipSample(sample, timing.segmentLimitMs));
    // One with a hole behind it is listed with what follows, as that decides how.
    if (this.#cutter.full && !this.#cutter.stretched) this.#publish();
  }

  /** A segment begins with the next sample: the rung that leads has one beginning with the same picture. */
  cutHere(): void {
    if (!this.window.open || this.#segmentDue) return;
    this.#publish({ last: true, hole: true });
    this.#segmentDue = true;
  }

  /** The leading rendition began a segment. */
  leaderCutAt(boundary: Boundary): void {
    if (!this.#leads) this.#boundaries.leaderCutAt(boundary);
  }

  /** The run is over for this rendition: lists what is there. */
  flush(): void {
    this.endRun();
    this.#publish({ last: true, hole: true });
    this.#segmentDue = true;
    this.completeSegment();
  }

  /** This rendition has nothing for a stretch of a run. */
  fillGap(run: Run, fromMs: number, toMs: number): void {
    if (this.listedRun === 0) return;
    this.#publish({ last: true, hole: true });
    this.#segmentDue = true;
    this.listGap(run, fromMs, toMs);
  }

  /** Lists what was collected; `hole`: players can go on behind one in which there is nothing but the last picture. */
  #publish({ last = false, hole = false } = {}): void {
    const cut = this.#cutter.take();
    if (!cut) return;
    const { open } = this.window;
    if (!this.#leads && open && this.#boundaries.cuts(cut, open, this.timing)) this.#segmentDue = true;
    if (this.#segmentDue || !open) this.#beginSegment(cut);
    const bytes = writeFragment(this.parts + 1, this.facts.trackId, cut.samples);
    const restBytes = cut.samples.reduce((sum, { data }, index) => (index > 0 ? sum + data.length : 0), 0);
    const part = {
      listedMs: this.#listed.next(cut.endMs),
      independent: cut.independent,
      bytes,
      firstSampleBytes: bytes.length - restBytes,
    };
    const gapsMs = hole || cut.endMs - cut.startMs > longHoleMs ? this.#listed.gaps(cut.endMs) : [];
    this.addPart(part, cut.endMs, { gapsMs, last });
  }

  #beginSegment({ startMs, samples }: Cut): void {
    this.openSegment(this.#run, startMs, samples[0]?.independent === true);
    this.#listed.begin(startMs);
    this.#segmentDue = false;
  }
}
