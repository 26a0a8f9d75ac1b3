import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAccess } from '#src/auth/authorizer.ts';
import { openPassDesk } from '#src/auth/broadcast-pass.ts';
import type { AuthConfig } from '#src/auth/config.ts';
import { openDoors } from '#src/auth/open.ts';
import { systemClock } from '#src/core/clock.ts';
import { silentLog } from '#src/core/log.ts';
import type { Snapshot } from '#src/core/status.ts';
import { httpConfig, type HttpConfig } from '#src/http/config.ts';
import { openHttpServer } from '#src/http/server.ts';
import { recordConfig } from '#src/record/config.ts';
import { openRecordings } from '#src/record/desk.ts';
import { type Journal, journalText } from '#src/record/journal.ts';
import { parseVodPath } from '#src/record/names.ts';
import { madeHead, madeJournal } from './record-segments.ts';
import { sessionRig } from './session-fakes.ts';
import { testNowMs } from './tokens.ts';

/** The real HTTP side with the real recordings behind it: one of `live`, made by hand. */
export interface VodDoor extends AsyncDisposable {
  readonly port: number;
  /** Without trailing slash. */
  readonly base: string;
  /** Where the files of the recording are. */
  readonly folder: string;
  readonly id: string;
  /** What there is under each name. */
  readonly files: Readonly<Record<string, Buffer>>;
}

/** What a door may be told. */
export interface VodDoorOptions {
  /** Who may watch; everybody without it. Tokens are of the time of the tests, passes of the real one. */
  readonly auth?: AuthConfig;
  readonly http?: Partial<HttpConfig>;
  readonly journal?: Journal;
}

/** Bytes of which no two stretches are equal. */
function bytesOf(length: number, seed: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 7 + (index >> 8) * 13 + seed) & 0xff));
}

/** Opens it on a port that the system chose. */
export async function openVodDoor(options: VodDoorOptions = {}): Promise<VodDoor> {
  const { auth, journal = madeJournal([2, 1]) } = options;
  const directory = await mkdtemp(join(tmpdir(), 'vod-door-'));
  const folder = join(directory, 'live', madeHead.id);
  const files = {
    'v0_1.mp4': bytesOf(2_100, 1),
    'v0_2.mp4': bytesOf(1_100, 2),
    'a0_1.mp4': bytesOf(2_100, 3),
    'a0_2.mp4': bytesOf(1_100, 4),
    'download.mp4': bytesOf(3_000, 5),
    'poster.jpg': bytesOf(300, 6),
  };
  await mkdir(folder, { recursive: true });
  const { head, inits, segments, end } = journal;
  const lines = [head, ...inits, ...segments, ...(end ? [end] : [])].map(journalText);
  await writeFile(join(folder, 'index.jsonl'), lines.join(''));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);

  const settings = { enabled: true, minFreeBytes: 0, maxAgeMs: 0, maxTotalBytes: 0, thumbnails: false };
  const desk = await openRecordings(
    { clock: systemClock, log: silentLog, ffmpegPath: undefined, targetDurationMs: 8_000 },
    recordConfig.parse({ ...settings, directory }),
  );
  const guard = auth && openAccess({ log: silentLog, loopback: true, nowMs: () => testNowMs }, auth);
  const access = guard ?? openDoors();
  const passes =
    auth && openPassDesk({ settings: () => auth, open: () => access.open, nowMs: () => Date.now() });
  const config = httpConfig.parse({ port: 0, address: '127.0.0.1', ...options.http });
  const server = await openHttpServer({
    sessions: sessionRig().deps,
    access,
    ...(passes && { passes }),
    ...(guard && { tokens: guard }),
    recordings: { desk, readPath: parseVodPath },
    snapshot: () => ({ streams: [], node: {} }) as unknown as Snapshot,
    readiness: () => ({ ready: true, problems: [] }),
    metrics: () => Promise.resolve({ type: 'text/plain', text: '' }),
    hls: { handle: () => false },
    config: () => config,
    log: silentLog,
  });
  const scheme = config.tlsCertFile === undefined ? 'http' : 'https';
  return {
    port: server.port,
    base: `${scheme}://127.0.0.1:${server.port}`,
    ...{ folder, id: madeHead.id, files },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await desk[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
