import type { PublicationId } from '#src/core/ids.ts';
import type { PlaneCounters, PlaneReport } from '#src/core/plane.ts';

/**
 * One report of the plane from one of each worker, in the order of their ports. What is told of a publication is what its
 * home worker says: the others only see its image.
 */
export function mergeReports(
  reports: readonly PlaneReport[],
  homeOf: (publication: PublicationId) => number | undefined,
): PlaneReport {
  return {
    atMs: Math.max(...reports.map(({ atMs }) => atMs)),
    loopDelayMs: Math.max(...reports.map(({ loopDelayMs }) => loopDelayMs)),
    publications: reports.flatMap(({ publications }, worker) =>
      publications.filter(({ publication }) => homeOf(publication) === worker),
    ),
    peers: reports.flatMap(({ peers }) => peers),
    counters: sumCounters(reports.map(({ counters }) => counters)),
    workers: reports.flatMap(({ workers }) => workers),
  };
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
