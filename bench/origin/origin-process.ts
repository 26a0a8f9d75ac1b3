/** The HTTP side of a gateway, with a made stream of one video track: parts of a second, a few kilobytes each. */
import { openDoors } from '#src/auth/open.ts';
import { systemClock } from '#src/core/clock.ts';
import { silentLog } from '#src/core/log.ts';
import { parseStreamId } from '#src/core/ids.ts';
import type { Snapshot } from '#src/core/status.ts';
import { hlsConfig } from '#src/hls/config.ts';
import { openHlsOrigin } from '#src/hls/origin.ts';
import { httpConfig } from '#src/http/config.ts';
import { hlsGateOf } from '#src/http/hls-gate.ts';
import { openHttpServer } from '#src/http/server.ts';
import { openPasses } from '#src/auth/passes.ts';
import { EpochFeed } from '#test/kit/hls-source.ts';
import { sessionRig } from '#test/kit/session-fakes.ts';

import type { OriginOrder, OriginReport } from './messages.ts';

const beatMs = 100;
const startMs = 10_000;
const aheadMs = 20_000;
const stream = parseStreamId('bench');
if (stream === undefined || process.send === undefined) throw new Error('this is a child of the bench');
const tell = (report: OriginReport): void => void process.send?.(report);

const access = openDoors();
const gate = hlsGateOf({ authorizer: access, pass: openPasses(access, { nowMs: Date.now }).pass });
const hls = openHlsOrigin(
  { clock: systemClock, log: silentLog, gate },
  hlsConfig.parse({
    partTargetMs: 1_000,
    segmentTargetMs: 4_000,
    targetDurationMs: 6_000,
    windowSegments: 10,
  }),
);
const fetched = new Map<string, number>();
const config = httpConfig.parse({ port: 0, address: '127.0.0.1', maxConnections: 20_000 });
const server = await openHttpServer({
  sessions: sessionRig().deps,
  access,
  snapshot: () => ({ streams: [], node: {} }) as unknown as Snapshot,
  readiness: () => ({ ready: true, problems: [] }),
  metrics: () => Promise.resolve({ type: 'text/plain', text: '' }),
  hls: {
    handle(request, response) {
      if (counting) fetched.set(request.url ?? '', (fetched.get(request.url ?? '') ?? 0) + 1);
      return hls.handle(request, response);
    },
  },
  config: () => config,
  log: silentLog,
});

let counting = false;
let running = true;
const feed = new EpochFeed(1, ['video'], { frameMs: beatMs, gopFrames: 40 });
hls.packager(stream).accept(feed.epoch);
await feed.advanceTo(startMs + aheadMs);
const began = performance.now();
let heldMs = 0;
setInterval(() => {
  if (running) void feed.advanceTo(startMs + aheadMs + performance.now() - began - heldMs);
  else heldMs += beatMs;
}, beatMs);

process.on('message', (order: OriginOrder) => {
  if (order === 'hold' || order === 'run') running = order === 'run';
  else {
    counting = order === 'count';
    const counts = [...fetched.values()];
    tell({ port: server.port, objects: counts.length, fetches: counts.reduce((sum, one) => sum + one, 0) });
    fetched.clear();
  }
});
process.once('disconnect', () => process.exit());
tell({ port: server.port, objects: 0, fetches: 0 });
