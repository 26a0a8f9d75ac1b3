import { Emitter } from '../shared/emitter.ts';
import type { CaptionsView } from './captions.ts';
import type { DateRangeNews } from './daterange-watch.ts';
import type { QualityView } from './quality.ts';
import type { SoundsView } from './sounds.ts';

/** What a playback was told beside its media. */
export interface PlaybackState {
  /** Media comes from the publisher, or no more; undefined where nobody tells. */
  readonly live: boolean | undefined;
  /** Everybody who watches, in both tiers; undefined where nobody tells. */
  readonly viewers: number | undefined;
  /** What there is to choose from; undefined where there is no choice. */
  readonly quality: QualityView | undefined;
  /** Captions to choose from; undefined where there are none. */
  readonly captions: CaptionsView | undefined;
  /** Sounds to choose from; undefined where there is one or none. */
  readonly sounds: SoundsView | undefined;
  /** The gateway asks to begin again, at this WHEP endpoint or (null) where the viewer came from. */
  readonly moveTo: string | null | undefined;
  /** What it may watch with runs out: another playback of the same tier has to take over, behind this one. */
  readonly endsSoon: boolean;
}

/** Keeps what a playback was told, and tells of changes, and of what playback comes to. */
export class PlaybackNews {
  readonly events = new Emitter<{ change: PlaybackState; dateRange: DateRangeNews }>();
  #state: PlaybackState = {
    live: undefined,
    viewers: undefined,
    quality: undefined,
    captions: undefined,
    sounds: undefined,
    moveTo: undefined,
    endsSoon: false,
  };

  get state(): PlaybackState {
    return this.#state;
  }

  /** Takes something new in. */
  tell(change: Partial<PlaybackState>): void {
    this.#state = { ...this.#state, ...change };
    this.events.emit('change', this.#state);
  }
}
