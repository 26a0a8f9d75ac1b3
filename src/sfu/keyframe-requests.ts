import type { Layer } from '#src/core/media.ts';

/** Least time between two requests to the publisher, whatever layers they name. */
const leastIntervalMs = 500;
/** How long a publisher has to answer the first request; each further one gets twice as long, up to the last. */
const patienceMs = 1000;
const maxPatienceMs = 4000;
/** Limits of a viewer's own floor around twice its round trip. */
const leastFloorMs = 200;
const mostFloorMs = 1000;

/** A keyframe that comes later after the request than this came by itself. */
const promptMs = 1000;
/** Prompt answers in a row that are believed: one may be a coincidence with a keyframe that was due anyway. */
const believedAnswers = 2;
/** Requests in vain in a row after which a publisher counts as deaf. */
const believedDeaf = 2;
/** Weight of the newest answer in the mean. */
const smoothing = 0.25;

/** What is known of a publisher's ear for keyframe requests. */
export type Hearing = 'answers' | 'deaf' | 'unknown';

interface LayerState {
  wanted: boolean;
  lastSentMs: number;
  /** When the first request since the last keyframe left. */
  askedMs: number;
  /** Requests since the last keyframe. */
  unanswered: number;
}

/**
 * Merges keyframe requests of all viewers into few to the publisher of one video track: at most two a second for all its
 * layers together, for one layer again after a second while somebody still waits, and ever more rarely when the publisher is
 * deaf, as OBS is.
 */
export class KeyframeRequests {
  /** Requests that were due so far. */
  sent = 0;
  readonly #layers: LayerState[];
  readonly #due: Layer[] = [];
  #answers = 0;
  #inVain = 0;
  #answerMs = 0;
  #lastSentMs = Number.NEGATIVE_INFINITY;

  /** `layers` is how many the track has. */
  constructor(layers: number) {
    this.#layers = Array.from({ length: layers }, () => ({
      wanted: false,
      lastSentMs: Number.NEGATIVE_INFINITY,
      askedMs: 0,
      unanswered: 0,
    }));
  }

  /** Whether asking helps, as far as the last requests for any layer tell. */
  get hearing(): Hearing {
    if (this.#inVain >= believedDeaf) return 'deaf';
    return this.#answers >= believedAnswers ? 'answers' : 'unknown';
  }

  /** From a request until the first packet of the keyframe, on average; 0 until an answer came. */
  get answerMs(): number {
    return this.#answerMs;
  }

  /** Somebody needs a keyframe of this layer; cheap to repeat. */
  request(layer: Layer): void {
    const state = this.#layers[layer];
    if (state !== undefined) state.wanted = true;
  }

  /** A keyframe of this layer began: everybody has what they waited for. */
  arrived(layer: Layer, nowMs: number): void {
    const state = this.#layers[layer];
    if (state === undefined) return;
    if (state.unanswered > 0) this.#answered(nowMs - state.askedMs);
    state.wanted = false;
    state.unanswered = 0;
  }

  /** Nobody waits for this layer any more. */
  cancel(layer: Layer): void {
    const state = this.#layers[layer];
    if (state !== undefined) state.wanted = false;
  }

  /** Layers to name in one request now; counts them as sent. The array is reused by the next call. */
  due(nowMs: number): readonly Layer[] {
    this.#due.length = 0;
    if (nowMs - this.#lastSentMs < leastIntervalMs) return this.#due;
    for (let layer = 0; layer < this.#layers.length; layer += 1) {
      const state = this.#layers[layer];
      if (state?.wanted !== true || nowMs - state.lastSentMs < intervalMs(state.unanswered)) continue;
      this.#lastSentMs = nowMs;
      state.lastSentMs = nowMs;
      if (state.unanswered === 0) state.askedMs = nowMs;
      else this.#ignored();
      state.unanswered += 1;
      this.sent += 1;
      this.#due.push(layer);
    }
    return this.#due;
  }

  #answered(tookMs: number): void {
    if (tookMs > promptMs) {
      this.#answers = 0;
      return;
    }
    this.#inVain = 0;
    this.#answers += 1;
    this.#answerMs = this.#answers === 1 ? tookMs : this.#answerMs + (tookMs - this.#answerMs) * smoothing;
  }

  #ignored(): void {
    this.#answers = 0;
    this.#inVain += 1;
  }
}

function intervalMs(unanswered: number): number {
  if (unanswered === 0) return leastIntervalMs;
  return Math.min(maxPatienceMs, patienceMs * 2 ** Math.min(unanswered - 1, 10));
}

/** One viewer's share: a player that asks again before an answer could have reached it is not heard. */
export class KeyframeFloor {
  #heardMs = Number.NEGATIVE_INFINITY;

  /** Whether this request counts. */
  allow(nowMs: number, rttMs: number): boolean {
    if (nowMs - this.#heardMs < Math.min(mostFloorMs, Math.max(leastFloorMs, 2 * rttMs))) return false;
    this.#heardMs = nowMs;
    return true;
  }
}
