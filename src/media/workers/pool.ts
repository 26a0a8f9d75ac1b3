import type { PeerId, PublicationId } from '#src/core/ids.ts';
import type { MediaPlane, PlaneCommand, PlaneEvent } from '#src/core/plane.ts';
import type { PlaneReport } from '#src/core/plane-report.ts';
import { PlaneProxy } from '../plane-proxy.ts';
import { ReportMerger } from './merge-reports.ts';
import { Placement, type PlacementPrices } from './placement.ts';
import { sharedRingMemory } from './ring-layout.ts';
import type { SharingOrder } from './sharing.ts';

/** A plane of one worker, as the pool sees it. */
export interface PoolMember extends MediaPlane {
  share(order: SharingOrder): void;
}

/** A publication some of whose viewers are not at home. */
interface SharedPublication {
  readonly ring: SharedArrayBuffer;
  readers: readonly number[];
}

/**
 * One media plane over several workers. Each publication is at home in one of them, with its publishers and its tap; viewers
 * go where there is least to do, and workers that have viewers of a publication from elsewhere read its packets from a ring.
 * Every command is passed on in the order in which it came.
 */
export class WorkerPool extends PlaneProxy {
  readonly port: number;
  readonly engine: 'typescript' | 'native';
  readonly #members: readonly PoolMember[];
  readonly #placement: Placement;
  readonly #shared = new Map<PublicationId, SharedPublication>();
  readonly #reports = new Map<number, PlaneReport>();
  readonly #merger: ReportMerger;

  /** Takes the members over; there is at least one. */
  constructor(members: readonly PoolMember[], prices: Partial<PlacementPrices> = {}) {
    super();
    const [first] = members;
    if (first === undefined) throw new Error('a pool without a worker was to be opened');
    this.port = first.port;
    this.engine = members.every(({ engine }) => engine === 'native') ? 'native' : 'typescript';
    this.#members = members;
    this.#placement = new Placement(members.length, prices);
    this.#merger = new ReportMerger((publication) => this.#placement.home(publication));
    // Together: each waits for its own thread.
    this.life.defer(() => Promise.all(members.map((member) => member[Symbol.asyncDispose]())));
    for (const [index, member] of members.entries()) {
      member.listen((event) => this.#hear(index, event));
      // One that is gone takes the publications it was home to along: the whole is opened again.
      void member.closed.then((reason) => this.life.end(reason));
    }
  }

  override get ports(): readonly number[] {
    return this.#members.map(({ port }) => port);
  }

  override place(peer: PeerId, publication: PublicationId, role: 'publisher' | 'viewer'): number {
    const worker = this.#placement.place(peer, publication, role);
    if (worker === undefined) return this.port;
    this.#reconcile(publication);
    return this.#members[worker]?.port ?? this.port;
  }

  send(command: PlaneCommand): void {
    switch (command.type) {
      case 'open-publication':
        this.#members[this.#placement.open(command.publication)]?.send(command);
        break;
      case 'close-publication':
        this.#closePublication(command);
        break;
      case 'tap':
      case 'tap-layers':
      case 'tap-sounds':
      case 'request-keyframe':
        this.#home(command.publication)?.send(command);
        break;
      case 'add-peer':
      case 'restart-ice':
      case 'dtls-out':
      case 'secure':
      case 'wish':
      case 'publish':
      case 'view':
        this.#memberOf(command.peer)?.send(command);
        break;
      case 'remove-peer':
        this.#memberOf(command.peer)?.send(command);
        this.#forget(command.peer);
    }
  }

  #closePublication(command: PlaneCommand & { type: 'close-publication' }): void {
    const { publication } = command;
    for (const index of this.#placement.mirrors(publication)) this.#members[index]?.send(command);
    this.#home(publication)?.send(command);
    this.#placement.close(publication);
    this.#shared.delete(publication);
  }

  #home(publication: PublicationId): PoolMember | undefined {
    const home = this.#placement.home(publication);
    return home === undefined ? undefined : this.#members[home];
  }

  #memberOf(peer: PeerId): PoolMember | undefined {
    const worker = this.#placement.worker(peer);
    return worker === undefined ? undefined : this.#members[worker];
  }

  #forget(peer: PeerId): void {
    const publication = this.#placement.remove(peer);
    if (publication !== undefined) this.#reconcile(publication);
  }

  /** Begins and ends images of a publication where its viewers came and went. */
  #reconcile(publication: PublicationId): void {
    const home = this.#home(publication);
    const readers = this.#placement.mirrors(publication);
    const before = this.#shared.get(publication)?.readers ?? [];
    if (
      home === undefined ||
      (readers.length === before.length && readers.every((at) => before.includes(at)))
    ) {
      return;
    }
    const shared = this.#shared.get(publication) ?? { ring: sharedRingMemory(), readers };
    shared.readers = readers;
    if (readers.length === 0) this.#shared.delete(publication);
    else this.#shared.set(publication, shared);
    const { ring } = shared;
    home.share({ type: 'share', publication, ring, readers });
    for (const index of readers.filter((at) => !before.includes(at))) {
      this.#members[index]?.send({ type: 'open-publication', publication });
      this.#members[index]?.share({ type: 'mirror', publication, ring });
    }
    for (const index of before.filter((at) => !readers.includes(at))) {
      this.#members[index]?.send({ type: 'close-publication', publication });
    }
  }

  #hear(worker: number, event: PlaneEvent): void {
    switch (event.type) {
      case 'report':
        this.#report(worker, event.report);
        return;
      case 'media-flows':
        // Images flow too, but nobody is to hear it twice.
        if (this.#placement.home(event.publication) !== worker) return;
        break;
      case 'peer-gone':
        this.#forget(event.peer);
        break;
      case 'ice-connected':
      case 'dtls-in':
      case 'tap':
      case 'tap-clock':
      case 'tap-layers':
      case 'tap-layer-clock':
      case 'tap-sounds':
      case 'tap-sound-clock':
    }
    this.tell(event);
  }

  /** Tells one report when each worker has made a new one. */
  #report(worker: number, report: PlaneReport): void {
    this.#reports.set(worker, report);
    if (this.#reports.size < this.#members.length) return;
    const reports = this.#members.flatMap((_, index) => this.#reports.get(index) ?? []);
    this.#reports.clear();
    this.tell({ type: 'report', report: this.#merger.merge(reports) });
  }
}
