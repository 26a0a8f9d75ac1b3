import type { PublicationId } from '#src/core/ids.ts';
import type { Publication } from '../publication.ts';
import { Doorbell } from './doorbell.ts';
import { PublicationMirror, type MirrorTally } from './publication-mirror.ts';
import { PublicationShare } from './publication-share.ts';

/** Told by the control plane to one worker. */
export type SharingOrder =
  /** This worker is the publication's home: others, named by their index, read what it gets. Nobody: it ends. */
  | {
      readonly type: 'share';
      readonly publication: PublicationId;
      readonly ring: SharedArrayBuffer;
      readonly readers: readonly number[];
    }
  /** The publication's home is another worker: begins to read. */
  | { readonly type: 'mirror'; readonly publication: PublicationId; readonly ring: SharedArrayBuffer };

/** What sharing needs of the plane it belongs to. */
export interface SharingParts {
  /** One bell for each worker, and which one is ours. */
  readonly bells: readonly SharedArrayBuffer[];
  readonly index: number;
  readonly publication: (id: PublicationId) => Publication | undefined;
  /** Runs {@link Sharing.drain} as the plane's turns are run. */
  readonly turn: (work: () => void) => void;
}

/** Records of one publication that are read in one go: other publications, sockets and timers have their turn in between. */
const drainBatch = 512;

/** What one worker shares with the others: the publications at home here, and the images of those at home elsewhere. */
export class Sharing implements Disposable {
  readonly tally: MirrorTally = { mirrored: 0, mirrorLapses: 0 };
  readonly #parts: SharingParts;
  readonly #bells: readonly Doorbell[];
  readonly #shares = new Map<PublicationId, PublicationShare>();
  readonly #mirrors = new Map<PublicationId, PublicationMirror>();

  constructor(parts: SharingParts) {
    this.#parts = parts;
    this.#bells = parts.bells.map((memory) => new Doorbell(memory));
    this.#bells[parts.index]?.listen(() => parts.turn(() => this.drain()));
  }

  /** Applies an order; for an unknown publication it changes nothing. */
  apply(order: SharingOrder): void {
    const publication = this.#parts.publication(order.publication);
    if (publication === undefined) return;
    if (order.type === 'share') this.#share(publication, order);
    else if (!this.#mirrors.has(order.publication)) {
      this.#mirrors.set(order.publication, new PublicationMirror(publication, order.ring, this.tally));
    }
  }

  /** Reads what other workers wrote. */
  drain(): void {
    let hasMore = false;
    for (const mirror of this.#mirrors.values()) if (mirror.drain(drainBatch)) hasMore = true;
    if (hasMore) this.#bells[this.#parts.index]?.ring();
  }

  /** Wakes those who read what was written in this turn. */
  endTurn(): void {
    for (const share of this.#shares.values()) share.endTurn();
  }

  /** The publication is closed here. */
  forget(id: PublicationId): void {
    this.#shares.delete(id);
    this.#mirrors.delete(id);
  }

  [Symbol.dispose](): void {
    this.#bells[this.#parts.index]?.[Symbol.dispose]();
    this.#shares.clear();
    this.#mirrors.clear();
  }

  #share(publication: Publication, order: SharingOrder & { type: 'share' }): void {
    let share = this.#shares.get(order.publication);
    if (order.readers.length === 0) {
      this.#shares.delete(order.publication);
      publication.share(undefined);
      return;
    }
    if (share === undefined) {
      share = new PublicationShare(order.ring);
      this.#shares.set(order.publication, share);
      publication.share(share);
    }
    share.setReaders(order.readers.flatMap((index) => this.#bells[index] ?? []));
    share.endTurn();
  }
}
