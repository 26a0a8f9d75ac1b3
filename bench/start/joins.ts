import type { Joiner } from '#test/kit/joiner.ts';
import type { JoinReport } from '#test/kit/join-types.ts';
import type { StampedStream } from '#test/kit/stamped-stream.ts';

import { percentile, rounded } from '../kit/statistics.ts';

/** Keyframe interval of OBS as it is installed: 250 frames. Ours is 249, to be a whole number of audio packets. */
export const keyframeSeconds = 8.3;
/** A picture that is older is no news. */
const freshMs = 300;
/** Where the lasting latency is looked at. */
const settledFromMs = 5_000;
const settledForMs = 2_000;

/** One join, as measured. */
export interface Join {
  /** Media since the publisher's last keyframe when the offer was posted. */
  readonly phaseMs: number;
  readonly connectedMs: number;
  /** POST until any picture, and until one that is not older than 300 ms. */
  readonly anyMs: number;
  readonly freshMs: number;
  /** Age of the shown pictures from 5 s after the fresh one on, median and 95th percentile. */
  readonly settledP50Ms: number;
  readonly settledP95Ms: number;
  readonly report: JoinReport;
}

/** Joins once at this phase of the keyframe interval and stays until the latency has settled. */
export async function joinOnce(
  joiner: Joiner,
  stream: StampedStream,
  where: { readonly whepUrl: string; readonly phaseMs: number; readonly longestStartMs: number },
): Promise<Join> {
  const phaseMs = await stream.phase(where.phaseMs);
  const watchMs = where.longestStartMs + settledFromMs + settledForMs;
  const report = await joiner.join({ whepUrl: where.whepUrl, watchMs });
  const aged = report.frames.map(({ afterMs, wallMs, wallTenths }) => {
    return { afterMs, ageMs: stream.ageMs(wallTenths / 10, wallMs) };
  });
  const fresh = aged.find(({ ageMs }) => ageMs <= freshMs);
  if (aged[0] === undefined || fresh === undefined) {
    throw new Error(
      `no fresh picture within ${watchMs} ms: ${JSON.stringify({ ...report, frames: aged.length })}`,
    );
  }
  const from = fresh.afterMs + settledFromMs;
  const settled = aged
    .filter(({ afterMs }) => afterMs >= from && afterMs < from + settledForMs)
    .map(({ ageMs }) => ageMs);
  return {
    phaseMs,
    connectedMs: report.connectedMs,
    anyMs: aged[0].afterMs,
    freshMs: fresh.afterMs,
    settledP50Ms: rounded(percentile(settled, 0.5), 1),
    settledP95Ms: rounded(percentile(settled, 0.95), 1),
    report,
  };
}
