import { rounded } from '#src/core/rounding.ts';
import type { Snapshot, StreamStatus } from '#src/core/status.ts';

/** Streams with a label of their own; further ones are summed up as `other`, so that no scrape grows without bound. */
export const maxStreamLabels = 500;

export type Labels = Readonly<Record<string, string | number>>;
export type Sample = readonly [labels: Labels, value: number];

/** One metric: what it means, and where its samples come from. */
export interface Metric {
  /** Without the prefix that all have. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly kind: 'counter' | 'gauge';
  /** The samples of one snapshot. */
  readonly read: (snapshot: Snapshot) => Iterable<Sample>;
}

/** A metric of the node that has one value. */
export function ofNode(
  kind: Metric['kind'],
  name: string,
  help: string,
  read: (snapshot: Snapshot) => number,
): Metric {
  return { name, help, kind, labels: [], read: (snapshot) => [[{}, read(snapshot)]] };
}

/** Prometheus counts in seconds. */
export function seconds(ms: number): number {
  return rounded(ms / 1000, 6);
}

/** What is told of each stream. */
export interface StreamMetric {
  readonly kind: Metric['kind'];
  readonly name: string;
  readonly help: string;
  /** Besides `stream`. */
  readonly labels?: readonly string[];
  readonly read: (stream: StreamStatus) => Iterable<Sample>;
}

/** A metric of each stream. The ones beyond the limit share a label; their counters go on when one of them ends. */
export function ofStreams({ kind, name, help, labels = [], read }: StreamMetric): Metric {
  const others = new Others(kind);
  return {
    name,
    help,
    kind,
    labels: ['stream', ...labels],
    read: ({ streams }) => [
      ...streams
        .slice(0, maxStreamLabels)
        .flatMap((stream) =>
          [...read(stream)].map(([own, value]): Sample => [{ stream: stream.id, ...own }, value]),
        ),
      ...others.sum(streams.slice(maxStreamLabels), read),
    ],
  };
}

/** Sums of the streams beyond the limit. A counter's sum must not shrink with the streams that it is made of. */
class Others {
  readonly #isCounter: boolean;
  /** What streams that ended, or got a label of their own, or began anew had counted, by labels. */
  readonly #past = new Map<string, Sample>();
  #last: ReadonlyMap<string, Sample> = new Map();

  constructor(kind: Metric['kind']) {
    this.#isCounter = kind === 'counter';
  }

  sum(streams: readonly StreamStatus[], read: StreamMetric['read']): Iterable<Sample> {
    const now = new Map<string, Sample>();
    for (const stream of streams) {
      for (const [labels, value] of read(stream)) {
        now.set(`${stream.id} ${JSON.stringify(labels)}`, [{ stream: 'other', ...labels }, value]);
      }
    }
    if (this.#isCounter) this.#keep(now);
    const sums = new Map(this.#past);
    for (const sample of now.values()) addSample(sums, sample);
    return sums.values();
  }

  #keep(now: ReadonlyMap<string, Sample>): void {
    for (const [key, sample] of this.#last) {
      const value = now.get(key)?.[1];
      if (value === undefined || value < sample[1]) addSample(this.#past, sample);
    }
    this.#last = now;
  }
}

function addSample(sums: Map<string, Sample>, [labels, value]: Sample): void {
  const key = JSON.stringify(labels);
  sums.set(key, [labels, (sums.get(key)?.[1] ?? 0) + value]);
}
