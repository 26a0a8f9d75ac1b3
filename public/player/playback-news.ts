import { Emitter } from '../shared/emitter.ts';
import type { QualityView } from './quality.ts';

/** What a playback was told beside its media. */
export interface PlaybackState {
  /** Media comes from the publisher, or no more; undefined where nobody tells. */
  readonly live: boolean | undefined;
  /** Everybody who watches, in both tiers; undefined where nobody tells. */
  readonly viewers: number | undefined;
  /** What there is to choose from; undefined where there is no choice. */
  readonly quality: QualityView | undefined;
  /** The gateway asks to begin again, at this WHEP endpoint or (null) where the viewer came from. */
  readonly moveTo: string | null | undefined;
  /** What it may watch with runs out: another playback of the same tier has to take over, behind this one. */
  readonly endsSoon: boolean;
}

/** Keeps what a playback was told, and tells of changes. */
export class PlaybackNews {
  readonly events = new Emitter<{ change: PlaybackState }>();
  #state: PlaybackState = {
    live: undefined,
    viewers: undefined,
    quality: undefined,
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
