import type { PeerId, PublicationId } from '#src/core/ids.ts';

/** What a publication costs its home worker, in viewers: its packets are received, decrypted, stored and answered. */
const homeCost = 8;
/** What the first viewer in another worker costs that worker beside itself: the packets are taken over and stored again. */
const mirrorCost = 16;

/** Prices that tests set. */
export interface PlacementPrices {
  readonly homeCost: number;
  readonly mirrorCost: number;
}

interface PublicationPlace {
  readonly home: number;
  /** Viewers by worker. */
  readonly viewers: number[];
}

interface PeerPlace {
  readonly worker: number;
  readonly publication: PublicationId;
  readonly role: 'publisher' | 'viewer';
}

/** Decides which worker serves whom, so that all have about the same to do. Knows nothing of threads. */
export class Placement {
  readonly #prices: PlacementPrices;
  readonly #loads: number[];
  readonly #publications = new Map<PublicationId, PublicationPlace>();
  readonly #peers = new Map<PeerId, PeerPlace>();

  constructor(workers: number, prices: Partial<PlacementPrices> = {}) {
    this.#prices = { homeCost, mirrorCost, ...prices };
    this.#loads = Array.from({ length: workers }, () => 0);
  }

  /** A publication's home: the worker with the least to do. */
  open(publication: PublicationId): number {
    const known = this.#publications.get(publication);
    if (known !== undefined) return known.home;
    const home = this.#cheapest((worker) => this.#load(worker), 0);
    this.#publications.set(publication, { home, viewers: this.#loads.map(() => 0) });
    this.#add(home, this.#prices.homeCost);
    return home;
  }

  home(publication: PublicationId): number | undefined {
    return this.#publications.get(publication)?.home;
  }

  /** Workers other than its home that have viewers of this publication. */
  mirrors(publication: PublicationId): readonly number[] {
    const place = this.#publications.get(publication);
    if (place === undefined) return [];
    return place.viewers.flatMap((count, worker) => (count > 0 && worker !== place.home ? [worker] : []));
  }

  /**
   * Where a peer goes: a publisher to the publication's home, a viewer to the worker where it costs least, at home when that
   * makes no difference. Undefined for an unknown publication.
   */
  place(peer: PeerId, publication: PublicationId, role: 'publisher' | 'viewer'): number | undefined {
    const place = this.#publications.get(publication);
    if (place === undefined) return undefined;
    const known = this.#peers.get(peer);
    if (known !== undefined) return known.worker;
    const worker =
      role === 'publisher' ? place.home : this.#cheapest((at) => this.#price(at, place), place.home);
    this.#peers.set(peer, { worker, publication, role });
    if (role === 'viewer') this.#count(place, worker, 1);
    return worker;
  }

  worker(peer: PeerId): number | undefined {
    return this.#peers.get(peer)?.worker;
  }

  /** The peer is gone; says which publication it belonged to. */
  remove(peer: PeerId): PublicationId | undefined {
    const known = this.#peers.get(peer);
    if (known === undefined) return undefined;
    this.#peers.delete(peer);
    const place = this.#publications.get(known.publication);
    if (known.role === 'viewer' && place !== undefined) this.#count(place, known.worker, -1);
    return known.publication;
  }

  /** The publication is no more; its peers stay where they are until they are removed. */
  close(publication: PublicationId): void {
    const place = this.#publications.get(publication);
    if (place === undefined) return;
    place.viewers.forEach((count, worker) => {
      if (count > 0) this.#count(place, worker, -count);
    });
    this.#add(place.home, -this.#prices.homeCost);
    this.#publications.delete(publication);
  }

  #price(worker: number, place: PublicationPlace): number {
    const isThere = worker === place.home || (place.viewers[worker] ?? 0) > 0;
    return this.#load(worker) + (isThere ? 0 : this.#prices.mirrorCost);
  }

  #count(place: PublicationPlace, worker: number, change: number): void {
    const before = place.viewers[worker] ?? 0;
    place.viewers[worker] = before + change;
    this.#add(worker, change);
    if (worker === place.home || before > 0 === before + change > 0) return;
    this.#add(worker, before > 0 ? -this.#prices.mirrorCost : this.#prices.mirrorCost);
  }

  #load(worker: number): number {
    return this.#loads[worker] ?? 0;
  }

  #add(worker: number, change: number): void {
    this.#loads[worker] = this.#load(worker) + change;
  }

  #cheapest(price: (worker: number) => number, preferred: number): number {
    let best = preferred;
    for (let worker = 0; worker < this.#loads.length; worker++) {
      if (price(worker) < price(best)) best = worker;
    }
    return best;
  }
}
