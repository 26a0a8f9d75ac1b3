/**
 * Glass to glass of both tiers, beside a direct browser-to-browser connection measured in turn. Publisher and viewers
 * are pages of one headless Chromium; every frame carries the wall clock as a barcode, read again when the frame is shown
 * (requestVideoFrameCallback: `glass`) and when it leaves the decoder (`decoded`, free of the display's refresh).
 * Rounds alternate (direct, gateway, direct, gateway ...) so that the machine's moods hit both alike; each figure is the
 * median over the rounds of that round's percentile, and the added latency the median of the differences within a round.
 */
import { parseArgs } from 'node:util';

import { openRig } from '#test/kit/rig.ts';
import type { WatchReport } from '#test/kit/rig-types.ts';

import { median, rounded } from '../kit/statistics.ts';
import { directRound, gatewayRound, type GatewayRound, type RoundTimes } from './rounds.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '15' },
    // A browser's lip sync moves the picture 5 to 15 s after the start: measured before, one side may have it and one not.
    settle: { type: 'string', default: '22' },
    joins: { type: 'string', default: '3' },
  },
});

const times: RoundTimes = {
  settleMs: Number(values.settle) * 1000,
  measureMs: Number(values.seconds) * 1000,
  joins: Number(values.joins),
};

interface Pair {
  readonly direct: WatchReport;
  readonly gateway: GatewayRound;
}

const pairs: Pair[] = [];
{
  await using rig = await openRig();
  for (let round = 1; round <= Number(values.rounds); round++) {
    // Every other round begins with the gateway, so that neither always comes first.
    const gatewayFirst = round % 2 === 0;
    const early = gatewayFirst ? await gatewayRound(rig, `latency-${round}`, times) : undefined;
    const direct = await directRound(rig, times);
    const gateway = early ?? (await gatewayRound(rig, `latency-${round}`, times));
    pairs.push({ direct, gateway });
    tell(round, { direct, gateway });
  }
}

const middle = (of: (pair: Pair) => number): number => rounded(median(pairs.map(of)), 1);
const addedGlassMs = middle(({ direct, gateway }) => gateway.whep.glass.p50Ms - direct.glass.p50Ms);
const addedReceivedMs = middle(({ direct, gateway }) => gateway.whep.received.p50Ms - direct.received.p50Ms);
const addedDecodedMs = middle(({ direct, gateway }) => gateway.whep.decoded.p50Ms - direct.decoded.p50Ms);
const summary = {
  directP50Ms: middle(({ direct }) => direct.glass.p50Ms),
  whepP50Ms: middle(({ gateway }) => gateway.whep.glass.p50Ms),
  whepP95Ms: middle(({ gateway }) => gateway.whep.glass.p95Ms),
  hlsP50Ms: middle(({ gateway }) => gateway.hls.glass.p50Ms),
  hlsP95Ms: middle(({ gateway }) => gateway.hls.glass.p95Ms),
  joinP50Ms: rounded(median(pairs.flatMap(({ gateway }) => gateway.joinsMs)), 1),
};
console.log(
  `the gateway adds at p50: ${addedReceivedMs} ms until received, ${addedDecodedMs} ms until decoded, ${addedGlassMs} ms glass to glass`,
);
if (!values.json)
  for (const [name, value] of Object.entries(summary)) console.log(`${name.padEnd(12)} ${value}`);
console.log(JSON.stringify(summary));

function tell(round: number, { direct, gateway }: Pair): void {
  console.log(`round ${round}`);
  const show = (name: string, { glass, received, decoded, rtc, hls, longestGapMs }: WatchReport): void => {
    const stages = [`glass ${glass.p50Ms}/${glass.p95Ms} ms`];
    if (received.count > 0) stages.push(`received ${received.p50Ms}/${received.p95Ms} ms`);
    if (decoded.count > 0) stages.push(`decoded ${decoded.p50Ms}/${decoded.p95Ms} ms`);
    if (rtc) stages.push(`jitter buffer ${rtc.jitterBufferMs.toFixed(1)} ms`, `lost ${rtc.videoPacketsLost}`);
    if (hls) stages.push(`stalls ${hls.stalls}`, `own estimate ${Math.round(hls.latencyMs)} ms`);
    console.log(
      `  ${name.padEnd(7)} ${stages.join(', ')}, longest gap ${Math.round(longestGapMs)} ms (p50/p95)`,
    );
  };
  show('direct', direct);
  show('WHEP', gateway.whep);
  show('LL-HLS', gateway.hls);
  console.log(`  joins   ${gateway.joinsMs.map((ms) => Math.round(ms)).join(' ')} ms`);
}
