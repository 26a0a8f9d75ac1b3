/**
 * Bandwidth adaptation: how fast a viewer gets a smaller layer when its way narrows from 5 to 1 Mbit/s, and the larger one
 * again. A Chromium page publishes 720p in three simulcast layers; another Chromium watches from a network namespace of its
 * own, behind a token bucket with a queue of 200 ms. Every frame shown is noted with its width, so times are those of the
 * first frame of another layer, and a freeze is the time between two frames. Then the way is wide again and loses 1, 5 and
 * 10 % of the datagrams at random. Needs root, for the namespace.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { chromiumPath } from '#test/kit/chromium.ts';

import { endOnSignals } from '../kit/ends.ts';
import { type AdaptRig, openAdaptRig } from './rig.ts';
import { frameRateHz, longestGapMs, usualWidth } from './shown.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    wide: { type: 'string', default: '5000000' },
    narrow: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '1' },
    // How long the way stays narrow, and how long each loss lasts.
    seconds: { type: 'string', default: '20' },
    // A larger layer that has not come by then never comes.
    patience: { type: 'string', default: '40' },
  },
});
const wideBps = Number(values.wide);
const narrowBps = Number(values.narrow);
const holdMs = Number(values.seconds) * 1000;
const patienceMs = Number(values.patience) * 1000;
const settleMs = 6_000;
const lossPercents = [1, 5, 10] as const;

/** One narrowing and widening. */
interface Turn {
  readonly downMs: number | null;
  readonly upMs: number | null;
  readonly longestFreezeMs: number;
}

/** What the viewer saw under loss. */
interface LossFigures {
  readonly frameRateHz: number;
  readonly longestFreezeMs: number;
  readonly freezes: number;
  readonly width: number;
  readonly lost: number;
  readonly retransmitted: number;
}

if (process.getuid?.() !== 0) throw new Error('this bench makes a network namespace and needs root');
endOnSignals();
await using rig = await openAdaptRig(chromiumPath);
await rig.way.setRate(wideBps);
const topWidth = await rig.start(patienceMs);
const turns: Turn[] = [];
for (let round = 1; round <= Number(values.rounds); round++) {
  const turn = await narrowAndWiden(rig);
  turns.push(turn);
  console.log(
    `round ${round}: lower layer after ${told(turn.downMs)}, upper after ${told(turn.upMs)}, longest freeze ${turn.longestFreezeMs} ms`,
  );
}
const loss: Record<string, LossFigures> = {};
for (const percent of lossPercents) {
  const figures = await underLoss(rig, percent / 100);
  loss[percent] = figures;
  console.log(
    `${percent} % loss: ${figures.width} px at ${figures.frameRateHz} Hz, ${figures.freezes} freezes, ` +
      `longest ${figures.longestFreezeMs} ms; ${figures.lost} packets lost, ${figures.retransmitted} sent again`,
  );
}
console.log(
  JSON.stringify({
    downMs: worst(turns.map(({ downMs }) => downMs)),
    upMs: worst(turns.map(({ upMs }) => upMs)),
    longestFreezeMs: Math.max(...turns.map((turn) => turn.longestFreezeMs)),
    loss,
  }),
);

async function narrowAndWiden({ viewer, way }: AdaptRig): Promise<Turn> {
  const narrowedMs = wallMs();
  await way.setRate(narrowBps);
  const down = await viewer.until((width) => width < topWidth, holdMs);
  await sleep(Math.max(0, narrowedMs + holdMs - wallMs()));
  const widenedMs = wallMs();
  await way.setRate(wideBps);
  // Without a change downwards there is nothing to come back from.
  const up = down && (await viewer.until((width) => width >= topWidth, patienceMs));
  await sleep(settleMs);
  const frames = await viewer.take();
  return {
    downMs: down ? Math.round(down.atMs - narrowedMs) : null,
    upMs: up ? Math.round(up.atMs - widenedMs) : null,
    longestFreezeMs: Math.round(longestGapMs(frames, narrowedMs, wallMs())),
  };
}

async function underLoss({ viewer, way }: AdaptRig, share: number): Promise<LossFigures> {
  await way.setLoss(share);
  await sleep(settleMs);
  await viewer.take();
  const before = await viewer.stats();
  const fromMs = wallMs();
  await sleep(holdMs);
  const toMs = wallMs();
  const frames = await viewer.take();
  const after = await viewer.stats();
  await way.setLoss(0);
  await sleep(settleMs);
  return {
    frameRateHz: Math.round(frameRateHz(frames, fromMs, toMs) * 10) / 10,
    longestFreezeMs: Math.round(longestGapMs(frames, fromMs, toMs)),
    freezes: after.freezes - before.freezes,
    width: usualWidth(frames),
    lost: after.packetsLost - before.packetsLost,
    retransmitted: after.retransmitted - before.retransmitted,
  };
}

/** `null`, never, is worse than any time. */
function worst(times: readonly (number | null)[]): number | null {
  let longestMs = 0;
  for (const ms of times) {
    if (ms === null) return null;
    longestMs = Math.max(longestMs, ms);
  }
  return longestMs;
}

function told(ms: number | null): string {
  return ms === null ? 'never' : `${ms} ms`;
}

function wallMs(): number {
  return performance.timeOrigin + performance.now();
}
