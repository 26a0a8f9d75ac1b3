import type { SoundChoice } from '#src/core/cmaf.ts';
import { needBox } from '../bmff.ts';
import { readInit, type InitFacts } from '../init.ts';
import { stretchesOf, type Stretch } from './stretches.ts';
import type { DashTrack } from './track.ts';
import type { DashPeriod, DashRepresentation, DashSet } from './view.ts';

/** What an MPD has once said of a run and must not take back (ISO/IEC 23009-1 section 5.4). */
interface Said {
  readonly startMs: number;
  readonly zeroMs: number;
  readonly bandwidthBps: Map<string, number>;
  /** What each sound was called. */
  readonly sounds: Map<string, SoundChoice | undefined>;
}

/** Whether one run of a track may be shown. */
export type ShowsRun = (id: string, run: number) => boolean;

const segmentNumberPattern = /_s\d+(?=\.)/;

/** Makes a Period of each run of the encoder, and keeps to what it has said before. */
export class Periods {
  readonly #incarnation: string;
  readonly #shows: ShowsRun;
  readonly #said = new Map<number, Said>();
  readonly #facts = new Map<string, InitFacts>();

  constructor(incarnation: string, shows: ShowsRun = () => true) {
    this.#incarnation = incarnation;
    this.#shows = shows;
  }

  /** Periods of everything that can be played, oldest first. */
  of(tracks: readonly DashTrack[]): readonly DashPeriod[] {
    const stretches = tracks
      .flatMap(stretchesOf)
      .filter(
        (stretch) => this.#shows(stretch.track.id, stretch.run) && this.#factsOf(stretch) !== undefined,
      );
    const runs = [...Map.groupBy(stretches, ({ run }) => run)]
      .filter(([run, own]) => this.#said.has(run) || isWhole(own, tracks))
      .toSorted(([one], [other]) => one - other);
    this.#forget(runs);
    let untilMs = -Infinity;
    return runs.map(([run, own]) => {
      const said = this.#said.get(run) ?? begin(own, untilMs);
      this.#said.set(run, said);
      untilMs = said.startMs - said.zeroMs + Math.max(...own.map(({ completeMs }) => completeMs));
      return this.#period(run, own, said);
    });
  }

  #period(run: number, own: readonly Stretch[], said: Said): DashPeriod {
    const { startMs, zeroMs } = said;
    const [first] = own;
    return {
      id: `${this.#incarnation}.${run}`,
      startMs,
      zeroMs,
      wallMs: zeroMs + (first?.offsetMs ?? 0),
      sets: setsOf(own).map(([id, members]) => this.#set(id, members, said)),
    };
  }

  #set(id: number, members: readonly Stretch[], said: Said): DashSet {
    const track = members[0]?.track;
    if (track && !said.sounds.has(track.id)) said.sounds.set(track.id, track.sound);
    return {
      id,
      sound: track && said.sounds.get(track.id),
      independent: members.every(({ track }) => track.window.everyIndependent),
      representations: members.flatMap((stretch) => this.#representation(stretch, said) ?? []),
    };
  }

  #representation(stretch: Stretch, { bandwidthBps }: Said): DashRepresentation | undefined {
    const facts = this.#factsOf(stretch);
    if (!facts) return undefined;
    const { track, firstName, mapName, segments } = stretch;
    const peakBps = bandwidthBps.get(track.id) ?? Math.max(1, track.window.bitrates().peakBps);
    bandwidthBps.set(track.id, peakBps);
    return {
      id: track.id,
      facts,
      bandwidthBps: peakBps,
      media: `${this.#incarnation}/${firstName.replace(segmentNumberPattern, '_s$Number$')}`,
      initialization: `${this.#incarnation}/${mapName}`,
      segments,
    };
  }

  /** The codec of a run is in its init segment: that of the newest run may be another. */
  #factsOf({ track, mapName }: Stretch): InitFacts | undefined {
    const known = this.#facts.get(mapName);
    if (known) return known;
    const bytes = track.init(mapName);
    if (!bytes) return undefined;
    const facts = readInit(needBox(bytes, 'moov'));
    this.#facts.set(mapName, facts);
    return facts;
  }

  #forget(runs: readonly (readonly [number, readonly Stretch[]])[]): void {
    const present = new Set(runs.map(([run]) => run));
    const maps = new Set(runs.flatMap(([, own]) => own.map(({ mapName }) => mapName)));
    for (const run of this.#said.keys()) if (!present.has(run)) this.#said.delete(run);
    for (const name of this.#facts.keys()) if (!maps.has(name)) this.#facts.delete(name);
  }
}

/**
 * Whether every track has begun in a run. Players keep a period as they saw it first: one that was listed without its sound,
 * which comes some milliseconds behind the picture, stays silent. A track that is not there by the time that another has a
 * whole segment is not in this run.
 */
function isWhole(own: readonly Stretch[], tracks: readonly DashTrack[]): boolean {
  const missing = tracks.length - own.length;
  return (
    missing === 0 || own.some(({ segments, completeMs }) => completeMs > (segments[0]?.startMs ?? Infinity))
  );
}

/** A period begins where its first media does, on the wall clock; not before the last one ends, should that clock go back. */
function begin(own: readonly Stretch[], untilMs: number): Said {
  const zeroMs = Math.min(...own.map(({ segments }) => segments[0]?.startMs ?? Infinity));
  const wallMs = zeroMs + (own[0]?.offsetMs ?? 0);
  return {
    startMs: Math.round(Math.max(wallMs, untilMs)),
    zeroMs,
    bandwidthBps: new Map(),
    sounds: new Map(),
  };
}

/** All video is one set; every sound is its own, as a player must not change between them by itself. */
function setsOf(own: readonly Stretch[]): readonly (readonly [id: number, members: readonly Stretch[]])[] {
  const sorted = own.toSorted((one, other) =>
    one.track.id.localeCompare(other.track.id, 'en', { numeric: true }),
  );
  const video = sorted.filter(({ track }) => track.kind === 'video');
  const audio = sorted.filter(({ track }) => track.kind === 'audio');
  const sounds = audio.map((stretch): readonly [number, readonly Stretch[]] => [
    2 + Number(stretch.track.id.replace(/\D/g, '')),
    [stretch],
  ]);
  return video.length > 0 ? [[1, video], ...sounds] : sounds;
}
