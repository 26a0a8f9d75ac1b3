import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '#src/core/clock.ts';
import { Failure } from '#src/core/failure.ts';
import type { StreamId } from '#src/core/ids.ts';
import type { Living } from '#src/core/lifetime.ts';
import type { Peer } from '#src/core/webrtc.ts';
import { addressKey } from './limits-address.ts';

/** What a place is asked for with. */
interface Asking {
  readonly stream: StreamId;
  readonly address: string;
}
/** What holds a place until its peer is connected or gone. */
interface Opened {
  readonly peer: Pick<Peer, 'connected'> & Living;
}
interface Pending extends Asking {
  readonly peer: Opened['peer'];
  readonly sinceMs: number;
}

/** Who is really there is connected by then, over slow networks too; it is not pushed out before. */
const patienceMs = 2_000;
/** Of all places: more than this no address gets, so that a flood from one leaves places for others at once. */
const largestShare = 0.5;
/** A stream of a publisher that was pushed out is forgotten within a turn or two of the event loop. */
const settleMs = 20;
/** What an answered and unconnected session may stand in the way of. */
const fullCodes: ReadonlySet<string> = new Set(['interactive-full', 'too-many-streams', 'rtc-full']);

/**
 * Places for sessions that were answered and are not connected yet. Offers cost nothing to make, so a flood of them could
 * take every place of the node and of the front row: no address gets more than half of the places, and when they run out, those
 * that do not connect give way, the oldest of the address that has the most of them first.
 */
export class PendingSessions {
  readonly #places: () => number;
  readonly #clock: Clock;
  readonly #pending = new Set<Pending>();
  /** Addresses of offers that are being answered. */
  readonly #opening: string[] = [];

  constructor(places: () => number, clock: Clock) {
    this.#places = places;
    this.#clock = clock;
  }

  get count(): number {
    return this.#pending.size + this.#opening.length;
  }

  /** The same use case with places; throws `too-many-pending`, and what `open` throws. */
  guard<D, R extends Asking, S extends Opened>(
    open: (deps: D, request: R) => Promise<S>,
  ): (deps: D, request: R) => Promise<S> {
    return async (deps, request) => {
      const places = this.#places();
      const address = addressKey(request.address);
      this.#opening.push(address);
      try {
        const isMine = (place: Pending): boolean => place.address === address;
        if (this.#countOf(address) > Math.ceil(places * largestShare) && !(await this.#pushOut(isMine)))
          throw tooManyPending(places);
        if (this.count > places && !(await this.#pushOut())) throw tooManyPending(places);
        const session = await this.#open(() => open(deps, request), request.stream);
        this.#watch({ ...request, address, peer: session.peer });
        return session;
      } finally {
        this.#opening.splice(this.#opening.indexOf(address), 1);
      }
    };
  }

  /** Once more when it was full and somebody gave way. */
  async #open<S>(open: () => Promise<S>, stream: StreamId): Promise<S> {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof Failure) || !fullCodes.has(error.code)) throw error;
      const isHere = (place: Pending): boolean => place.stream === stream;
      if (!((await this.#pushOut(isHere)) || (await this.#pushOut()))) throw error;
      return open();
    }
  }

  #watch({ stream, address, peer }: Omit<Pending, 'sinceMs'>): void {
    const place = { stream, address, peer, sinceMs: this.#clock.nowMs() };
    this.#pending.add(place);
    const leave = (): void => void this.#pending.delete(place);
    peer.connected.then(leave, leave);
    void peer.closed.then(leave);
  }

  #countOf(address: string): number {
    let count = 0;
    for (const place of this.#pending) if (place.address === address) count++;
    for (const opening of this.#opening) if (opening === address) count++;
    return count;
  }

  /** Ends the session that is the first to give way among these; false when all came only just now. */
  async #pushOut(among: (place: Pending) => boolean = () => true): Promise<boolean> {
    const victim = this.#firstToGo(among);
    if (victim === undefined) return false;
    this.#pending.delete(victim);
    await victim.peer[Symbol.asyncDispose]();
    await sleep(settleMs);
    return true;
  }

  /** The set is in the order of arrival, so the first of an address is its oldest. */
  #firstToGo(among: (place: Pending) => boolean): Pending | undefined {
    const latestMs = this.#clock.nowMs() - patienceMs;
    const oldest = new Map<string, { readonly place: Pending; count: number }>();
    for (const place of this.#pending) {
      if (!among(place)) continue;
      const known = oldest.get(place.address);
      if (known) known.count++;
      else oldest.set(place.address, { place, count: 1 });
    }
    let first: { readonly place: Pending; readonly count: number } | undefined;
    for (const one of oldest.values())
      if (one.place.sinceMs <= latestMs && one.count > (first?.count ?? 0)) first = one;
    return first?.place;
  }
}

const tooManyPending = (places: number): Failure =>
  new Failure(
    'unavailable',
    'too-many-pending',
    `${places} sessions were answered and are not connected yet; try again in a moment`,
    { retryAfterMs: 1_000 },
  );
