/**
 * Glass to glass of LL-HLS with the profiles `ultra` and `standard`, and the delay of the packager. A page of headless
 * Chromium publishes a picture with the wall clock as a barcode, another plays it with the product's player and reads the
 * barcode when a frame is shown (requestVideoFrameCallback); stalls are counted from when playback has settled. One profile
 * after the other, because the machine's cores are few. The packager's delay runs from the publisher's send of the last RTP
 * packet of a part to its last byte at a reader, both in this process: one reader asks for every part that playlists hint at
 * (`packagerDelay`), one waits for the playlist that lists it and then asks for it (`packagerDelayViaPlaylist`).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { cleanup } from 'node-datachannel';

import { openRig, untilSeen } from '#test/kit/rig.ts';
import type { WatchReport } from '#test/kit/rig-types.ts';

import { percentile, rounded } from '../kit/statistics.ts';
import { measurePackagerDelays } from './packager-delay.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    // Of each profile.
    seconds: { type: 'string', default: '300' },
    settle: { type: 'string', default: '15' },
  },
});
/** Of each way to get parts. */
const packagerMs = 30_000;
/** With --json, standard output is one line for a script. */
const say = (text: string): void => {
  if (values.json) console.error(text);
  else console.log(text);
};

const ultra = await watch('ultra');
const standard = await watch('standard');
const { hinted, viaPlaylist } = await measurePackagerDelays(
  { env: { FRONTROW_HLS__PROFILE: 'ultra' } },
  packagerMs,
);
for (const [how, { delaysMs, unknown }] of Object.entries({ hinted, viaPlaylist }))
  say(`packager, ${how}: ${delaysMs.length} parts, ${unknown} of unknown pictures`);

const summary = {
  ultraP50Ms: ultra.glass.p50Ms,
  ultraP95Ms: ultra.glass.p95Ms,
  standardP50Ms: standard.glass.p50Ms,
  standardP95Ms: standard.glass.p95Ms,
  stalls: ultra.stalls + standard.stalls,
  packagerDelayP50Ms: rounded(percentile(hinted.delaysMs, 0.5), 1),
  packagerDelayP99Ms: rounded(percentile(hinted.delaysMs, 0.99), 1),
  packagerDelayViaPlaylistP50Ms: rounded(percentile(viaPlaylist.delaysMs, 0.5), 1),
  packagerDelayViaPlaylistP99Ms: rounded(percentile(viaPlaylist.delaysMs, 0.99), 1),
};
if (!values.json)
  for (const [name, value] of Object.entries(summary)) console.log(`${name.padEnd(29)} ${value}`);
console.log(JSON.stringify(summary));
// The publisher's native threads would keep this process alive.
cleanup();

interface Watched {
  readonly glass: WatchReport['glass'];
  readonly stalls: number;
}

async function watch(profile: 'ultra' | 'standard'): Promise<Watched> {
  await using rig = await openRig({ env: { FRONTROW_HLS__PROFILE: profile } });
  await using publisher = await rig.page();
  await using viewer = await rig.page();
  await rig.publish(publisher, profile);
  await rig.watchHls(viewer, profile);
  await untilSeen(viewer, 'the clock shows', (seen) => seen.framesRead > 0);
  await sleep(Number(values.settle) * 1000);
  const before = (await viewer.call('watchReport')).hls?.stalls ?? 0;
  await viewer.call('resetWatch');
  await sleep(Number(values.seconds) * 1000);
  const { glass, hls, longestGapMs } = await viewer.call('watchReport');
  const stalls = (hls?.stalls ?? 0) - before;
  say(
    `${profile}: glass ${glass.p50Ms}/${glass.p95Ms} ms (p50/p95), ${stalls} stalls, longest gap ${Math.round(longestGapMs)} ms` +
      (hls?.ending ? `, ended: ${hls.ending}` : ''),
  );
  if (hls?.ending !== '') throw new Error(`playback of ${profile} ended by itself`);
  return { glass, stalls };
}
