import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { openGrant } from '#src/core/access.ts';
import { systemClock } from '#src/core/clock.ts';
import type { Log } from '#src/core/log.ts';
import { hlsConfig, type HlsConfig } from '#src/hls/config.ts';
import { openHlsOrigin, type HlsOrigin } from '#src/hls/origin.ts';
import type { RouteDeps } from '#src/http/access.ts';
import { httpConfig } from '#src/http/config.ts';
import { sendProblem } from '#src/http/problem.ts';
import { recordingsRouter } from '#src/http/routes/recordings.ts';
import { vodRouter } from '#src/http/routes/vod.ts';
import { recordConfig, type RecordConfig } from '#src/record/config.ts';
import { openRecordings, type Recordings } from '#src/record/desk.ts';
import { parseVodPath } from '#src/record/names.ts';
import { hearing, quickHls } from './hls-rig.ts';

/** Packager, recordings and their HTTP, without WebRTC and without a gate. */
export interface RecordRig extends AsyncDisposable {
  readonly desk: Recordings;
  readonly origin: HlsOrigin;
  readonly directory: string;
  readonly warnings: readonly string[];
  /** Without trailing slash. */
  readonly base: string;
}

/** What a rig may be told. */
export interface RecordRigOptions {
  readonly record?: Partial<RecordConfig>;
  readonly hls?: Partial<HlsConfig>;
  /** A folder that outlives the rig. */
  readonly directory?: string;
}

/** Opens a rig that records everything, into a folder of its own. */
export async function openRecordRig(options: RecordRigOptions = {}): Promise<RecordRig> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'recordings-')));
  const warnings: string[] = [];
  const log: Log = hearing(warnings);
  const hls = hlsConfig.parse({ ...quickHls, ...options.hls });
  const desk = await openRecordings(
    { clock: systemClock, log, ffmpegPath: 'ffmpeg', targetDurationMs: hls.targetDurationMs },
    recordConfig.parse({ enabled: true, minFreeBytes: 0, directory, ...options.record }),
  );
  const origin = openHlsOrigin({ clock: systemClock, log, sinks: desk, pictures: desk.pictures }, hls);
  const doors = {
    gate: () => Promise.resolve(openGrant('operate')),
    config: () => httpConfig.parse({}),
  } as unknown as RouteDeps;
  const app = express();
  app.use(vodRouter(desk, parseVodPath, doors), recordingsRouter(desk, doors));
  app.use((error: unknown, _request: express.Request, response: express.Response, _next: unknown) =>
    sendProblem(error, response, log),
  );
  const server = createServer((request, response) => {
    if (!origin.handle(request, response)) app(request, response);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    desk,
    origin,
    directory,
    warnings,
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      await origin[Symbol.asyncDispose]();
      await desk[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}
