import type { PeerId, PublicationId } from '#src/core/ids.ts';
import type { MediaPlane } from '#src/core/plane.ts';
import type { PeerReport, PlaneReport, PublicationReport } from '#src/core/plane-report.ts';

/** The media plane's latest report, by name. */
export class Reports implements Disposable {
  latest: PlaneReport | undefined;
  #peers = new Map<PeerId, PeerReport>();
  #publications = new Map<PublicationId, PublicationReport>();
  readonly #subscription: Disposable;

  constructor(plane: MediaPlane) {
    this.#subscription = plane.listen((event) => {
      if (event.type !== 'report') return;
      this.latest = event.report;
      this.#peers = new Map(event.report.peers.map((peer) => [peer.peer, peer]));
      this.#publications = new Map(event.report.publications.map((one) => [one.publication, one]));
    });
  }

  peer(id: PeerId): PeerReport | undefined {
    return this.#peers.get(id);
  }

  publication(id: PublicationId): PublicationReport | undefined {
    return this.#publications.get(id);
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }
}
