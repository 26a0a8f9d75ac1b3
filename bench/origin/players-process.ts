/** Up to ten thousand LL-HLS players in one process. */
import { setTimeout as sleep } from 'node:timers/promises';

import { percentile } from '../kit/statistics.ts';
import type { PlayersOrder, PlayersReport } from './messages.ts';
import { Audience, Player } from './player.ts';

const batch = 100;
const batchMs = 50;
let audience: Audience | undefined;
const players: Player[] = [];

async function begin(order: Exclude<PlayersOrder, string>): Promise<void> {
  audience = new Audience(order);
  for (let index = 0; index < order.clients; index++) {
    players.push(new Player(audience, index));
    if (index % batch === batch - 1) await sleep(batchMs);
  }
}

function report(): PlayersReport {
  const connected = players.filter((player) => player.connected).length;
  const watching = players.filter((player) => player.watching).length;
  const { playlists = 0, parts = 0, errors = 0, skippedParts = 0 } = audience?.met ?? {};
  return { connected, watching, playlists, parts, errors, skippedParts };
}

function measure(): void {
  if (!audience) return;
  Object.assign(audience.met, { playlists: 0, parts: 0, errors: 0, skippedParts: 0 });
  audience.met.spreadsMs.length = 0;
}

process.on('message', (order: PlayersOrder) => {
  if (order === 'measure') measure();
  else if (order === 'end') {
    const spreadsMs = audience?.met.spreadsMs ?? [];
    const spread = { p50Ms: percentile(spreadsMs, 0.5), p99Ms: percentile(spreadsMs, 0.99) };
    process.send?.({ ...report(), spread } satisfies PlayersReport);
    for (const player of players) player.close();
  } else void begin(order);
});
setInterval(() => process.send?.(report()), 1_000);
process.once('disconnect', () => process.exit());
