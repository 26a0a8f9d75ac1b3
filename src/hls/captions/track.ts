import { randomText } from '#src/core/random.ts';
import type { CaptionWish, TakenCaption } from '#src/core/timed-text.ts';
import { type Cue, overlaps, sameCue, type Stretch } from './cue.ts';
import { captionExists, captionTooEarly, captionTooLate, tooManyCaptions } from './failures.ts';
import { captionLimits } from './limits.ts';

/** What a track needs to know of the stream at this moment; by the wall clock. */
export interface LiveMoment {
  readonly nowMs: number;
  /** Where the newest listed media ends; undefined before there is any. */
  readonly edgeMs: number | undefined;
}

/** The captions of one language that are still to be seen. */
export class CaptionTrack {
  /** Canonical BCP 47. */
  readonly language: string;
  /** For people. */
  readonly name: string;
  readonly #cues = new Map<string, Cue>();

  constructor(language: string, name: string) {
    this.language = language;
    this.name = name;
  }

  /** What is to be seen in this stretch. */
  during(stretch: Stretch): readonly Cue[] {
    return [...this.#cues.values()].filter((cue) => overlaps(cue, stretch));
  }

  /**
   * Whether a wish can be taken, and as what; throws why not. Late is what has ended where the newest media ends: until then
   * the next part still brings it.
   */
  check(wish: CaptionWish, moment: LiveMoment): { readonly cue: Cue; readonly isNew: boolean } {
    const cue = resolve(wish, moment);
    const known = this.#cues.get(cue.id);
    if (known !== undefined && (!isRelative(wish) ? sameCue(known, cue) : known.text === cue.text))
      return { cue: known, isNew: false };
    if (known !== undefined) throw captionExists(cue.id);
    const edgeMs = moment.edgeMs ?? moment.nowMs;
    if (cue.endMs <= edgeMs) throw captionTooLate(edgeMs - cue.endMs);
    if (cue.startMs > moment.nowMs + captionLimits.aheadMs) throw captionTooEarly(captionLimits.aheadMs);
    if (this.#isCrowded(cue))
      throw tooManyCaptions(`${captionLimits.atOnce} captions of a language at the same moment`, 1_000);
    return { cue, isNew: true };
  }

  add(cue: Cue): TakenCaption {
    this.#cues.set(cue.id, cue);
    return this.describe(cue);
  }

  describe({ id, startMs, endMs }: Cue): TakenCaption {
    return { id, language: this.language, startMs, endMs };
  }

  /** Forgets what ended before this moment. */
  forget(beforeMs: number): void {
    for (const [id, { endMs }] of this.#cues) if (endMs <= beforeMs) this.#cues.delete(id);
  }

  /** Forgets what had begun at this moment: players have it. */
  forgetBegun(beforeMs: number): void {
    for (const [id, { startMs }] of this.#cues) if (startMs < beforeMs) this.#cues.delete(id);
  }

  /** As many as may be are to be seen at some moment of the new one. */
  #isCrowded(cue: Cue): boolean {
    const near = this.during(cue);
    if (near.length < captionLimits.atOnce) return false;
    const moments = [cue.startMs, ...near.map(({ startMs }) => startMs)];
    return moments.some((atMs) => {
      if (atMs < cue.startMs) return false;
      return (
        near.filter(({ startMs, endMs }) => startMs <= atMs && atMs < endMs).length >= captionLimits.atOnce
      );
    });
  }
}

function isRelative({ start }: CaptionWish): boolean {
  return 'inMs' in start;
}

/** "Now" is never behind what is listed: a publisher's clock may run ahead of ours. */
function resolve({ id, start, end, text, place }: CaptionWish, { nowMs, edgeMs }: LiveMoment): Cue {
  const startMs =
    'wallMs' in start ? start.wallMs : Math.round(Math.max(nowMs, edgeMs ?? nowMs)) + start.inMs;
  const endMs = 'wallMs' in end ? end.wallMs : startMs + end.durationMs;
  return { id: id ?? randomText(8), startMs, endMs, text, place };
}
