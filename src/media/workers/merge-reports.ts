import type { PublicationId } from '#src/core/ids.ts';
import type {
  LayerReport,
  PlaneCounters,
  PlaneReport,
  PublicationReport,
  RungReport,
  TrackReport,
} from '#src/core/plane-report.ts';
import { ImageTotals } from './image-totals.ts';

/**
 * Makes one report of the plane from one of each worker. What is told of a publication is what its home worker says, with
 * the viewers of its images in other workers added. An image is gone when its last viewer leaves; what it had counted is
 * kept here, so that no total goes down.
 */
export class ReportMerger {
  readonly #homeOf: (publication: PublicationId) => number | undefined;
  #kept = new Map<PublicationId, readonly ImageTotals[]>();

  constructor(homeOf: (publication: PublicationId) => number | undefined) {
    this.#homeOf = homeOf;
  }

  /** `reports` are in the order of the workers' ports. */
  merge(reports: readonly PlaneReport[]): PlaneReport {
    const byWorker = reports.map(
      ({ publications }) => new Map(publications.map((one) => [one.publication, one])),
    );
    const kept = new Map<PublicationId, readonly ImageTotals[]>();
    const publications = reports.flatMap((report, worker) =>
      report.publications
        .filter(({ publication }) => this.#homeOf(publication) === worker)
        .map((home) => {
          const id = home.publication;
          const images = byWorker.map((all, other) => (other === worker ? undefined : all.get(id)));
          const totals = this.#kept.get(id) ?? images.map(() => new ImageTotals());
          kept.set(id, totals);
          return withImages(home, images, totals);
        }),
    );
    this.#kept = kept;
    return {
      atMs: Math.max(...reports.map(({ atMs }) => atMs)),
      loopDelayMs: Math.max(...reports.map(({ loopDelayMs }) => loopDelayMs)),
      publications,
      peers: reports.flatMap(({ peers }) => peers),
      counters: sumCounters(reports.map(({ counters }) => counters)),
      workers: reports.flatMap(({ workers }) => workers),
    };
  }
}

function withImages(
  home: PublicationReport,
  images: readonly (PublicationReport | undefined)[],
  totals: readonly ImageTotals[],
): PublicationReport {
  const viewers = { ...home.viewers };
  const startUps = { replays: 0, replayedPackets: 0, requestedInstead: 0 };
  totals.forEach((total, worker) => {
    total.take(images[worker]);
    total.addTo(viewers, startUps);
  });
  const tracks = home.tracks.map((track): TrackReport => {
    const away = images.flatMap((image) => image?.tracks.filter(({ kind }) => kind === track.kind) ?? []);
    const { startUp, rungs } = track;
    return {
      ...track,
      layers: track.layers.map((layer) => ({ ...layer, viewers: layer.viewers + layerViewers(away, layer) })),
      ...(startUp !== undefined && {
        startUp: {
          ...startUp,
          replays: startUp.replays + startUps.replays,
          replayedPackets: startUp.replayedPackets + startUps.replayedPackets,
          requestedInstead: startUp.requestedInstead + startUps.requestedInstead,
        },
      }),
      ...(rungs !== undefined && { rungs: mergedRungs(rungs, away) }),
    };
  });
  return { ...home, tracks, viewers };
}

function layerViewers(away: readonly TrackReport[], { layer }: LayerReport): number {
  const same = away.flatMap(({ layers }) => layers).filter((one) => one.layer === layer);
  return same.reduce((sum, one) => sum + one.viewers, 0);
}

/** A worker tells of a rung that is not offered to everybody only when one of its own viewers asked for it. */
function mergedRungs(home: readonly RungReport[], away: readonly TrackReport[]): readonly RungReport[] {
  const merged = new Map(home.map((rung) => [rungKey(rung), rung]));
  for (const rung of away.flatMap(({ rungs }) => rungs ?? [])) {
    const known = merged.get(rungKey(rung));
    if (known !== undefined) merged.set(rungKey(rung), { ...known, viewers: known.viewers + rung.viewers });
    else if (rung.viewers > 0) merged.set(rungKey(rung), rung);
  }
  return [...merged.values()].sort((a, b) => a.bps - b.bps);
}

function rungKey({ layer, label }: RungReport): string {
  return `${layer} ${label}`;
}

function sumCounters(all: readonly PlaneCounters[]): PlaneCounters {
  const sum = { datagramsIn: 0, datagramsOut: 0, bytesIn: 0, bytesOut: 0, sendErrors: 0 };
  const dropped: Record<string, number> = {};
  for (const counters of all) {
    sum.datagramsIn += counters.datagramsIn;
    sum.datagramsOut += counters.datagramsOut;
    sum.bytesIn += counters.bytesIn;
    sum.bytesOut += counters.bytesOut;
    sum.sendErrors += counters.sendErrors;
    for (const [reason, count] of Object.entries(counters.dropped)) {
      dropped[reason] = (dropped[reason] ?? 0) + count;
    }
  }
  return { ...sum, dropped };
}
