/**
 * The LL-HLS origin: 10,000 players behind one cache, then the origin alone beside nginx. Players of a stream with parts of a
 * second ask Apache Traffic Server for what comes next before it exists; counted are errors, parts that nobody could fetch in
 * time, and how often the origin was asked for each object. Then the same client fetches the same media from the origin and,
 * as static files, from nginx with one worker, in turns.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { startOpenTrafficServer } from '#test/kit/edges.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { until } from '#test/kit/wait.ts';

import { endOnSignals } from '../kit/ends.ts';
import { median, rounded } from '../kit/statistics.ts';
import { coresBetween, usageOf } from '../kit/usage.ts';
import type {
  FetchOrder,
  FetchReport,
  OriginOrder,
  OriginReport,
  PlayersOrder,
  PlayersReport,
} from './messages.ts';
import { startStaticNginx } from './nginx.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    clients: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '3' },
    roundSeconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '64' },
    only: { type: 'string' },
  },
});
const clients = Number(values.clients);
const startTimeoutMs = 120_000;
const say = (text: string): void => {
  if (!values.json) console.log(text);
  else console.error(text);
};

endOnSignals();
await using opened = new AsyncDisposableStack();
const origin = child(new URL('./origin-process.ts', import.meta.url));
const { port } = await heard<OriginReport>(origin);
const playlist = await findPlaylist(port);
const summary: Record<string, number> = {};
if (values.only !== 'direct') Object.assign(summary, await watchBehindCache());
if (values.only !== 'cache') Object.assign(summary, await fetchInTurns());
if (!values.json)
  for (const [name, value] of Object.entries(summary)) console.log(`${name.padEnd(26)} ${value}`);
console.log(JSON.stringify(summary));

/** A process of this bench, ended with it. */
function child(file: URL): ChildProcess {
  const made = fork(fileURLToPath(file), {
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4'],
  });
  opened.defer(async () => {
    if (made.exitCode !== null) return;
    const gone = once(made, 'exit');
    made.kill('SIGKILL');
    await gone;
  });
  return made;
}

async function heard<T>(from: ChildProcess): Promise<T> {
  const [message] = (await once(from, 'message', { signal: AbortSignal.timeout(startTimeoutMs) })) as [T];
  return message;
}

async function ask(order: OriginOrder): Promise<OriginReport> {
  const answer = heard<OriginReport>(origin);
  origin.send(order);
  return answer;
}

async function findPlaylist(from: number): Promise<string> {
  const { body, status } = await exchange(`http://127.0.0.1:${from}/hls/bench/index.m3u8`);
  const name = /^[\w-]+\/v0\.m3u8$/m.exec(body.toString())?.[0];
  if (status !== 200 || name === undefined)
    throw new Error(`the origin has no stream: ${status} ${body.toString()}`);
  return `/hls/bench/${name}`;
}

async function watchBehindCache(): Promise<Record<string, number>> {
  await using cache = await startOpenTrafficServer(port);
  const players = child(new URL('./players-process.ts', import.meta.url));
  let latest: PlayersReport | undefined;
  players.on('message', (report: PlayersReport) => (latest = report));
  const tell = (order: PlayersOrder): void => void players.send(order);
  tell({ port: Number(new URL(cache.base).port), playlist, clients });
  const stretch = async (name: string, done: () => boolean, timeoutMs: number): Promise<void> => {
    let saidMs = performance.now();
    await until(
      name,
      () => {
        if (performance.now() - saidMs > 5_000) {
          saidMs = performance.now();
          const { connected, watching, playlists, parts, errors } = latest ?? {};
          say(
            `${name}: ${connected} connected, ${watching} watch, ${playlists} playlists, ${parts} parts, ${errors} errors`,
          );
        }
        return done();
      },
      { timeoutMs, detail: () => latest },
    );
  };
  await stretch('players come', () => latest?.watching === clients, startTimeoutMs);
  // Those who came together ask together; a part or two later they are spread as they stay.
  await sleep(3_000);
  await ask('count');
  tell('measure');
  const pids = { origin: origin.pid ?? 0, cache: cache.pid, players: players.pid ?? 0 };
  const before = Object.values(pids).map(usageOf);
  const untilMs = performance.now() + Number(values.seconds) * 1000;
  await stretch('players watch', () => performance.now() > untilMs, startTimeoutMs);
  const cores = Object.values(pids).map((pid, index) => coresBetween(before[index]!, usageOf(pid)));
  const { objects, fetches } = await ask('rest');
  tell('end');
  const end = await until('the players report', () => (latest?.spread ? latest : undefined), {
    timeoutMs: 20_000,
  });
  return {
    clients,
    watching: end.watching,
    errors: end.errors,
    skippedParts: end.skippedParts,
    playlists: end.playlists,
    parts: end.parts,
    objects,
    originFetchesPerObject: rounded(fetches / Math.max(1, objects), 3),
    spreadP50Ms: rounded(end.spread?.p50Ms ?? 0, 1),
    spreadP99Ms: rounded(end.spread?.p99Ms ?? 0, 1),
    originCores: rounded(cores[0] ?? 0, 3),
    cacheCores: rounded(cores[1] ?? 0, 3),
    playersCores: rounded(cores[2] ?? 0, 3),
  };
}

/** Media that is listed, by its path. */
async function mediaFiles(): Promise<Map<string, Uint8Array>> {
  const base = `http://127.0.0.1:${port}`;
  const { body } = await exchange(base + playlist);
  const names = [...body.toString().matchAll(/PART:DURATION=[\d.]+,URI="([^"]+)"/g)].map(
    ([, name = '']) => name,
  );
  const files = new Map<string, Uint8Array>();
  for (const name of names) {
    const path = playlist.replace(/[^/]*$/, name);
    const { status, body: bytes } = await exchange(base + path);
    if (status !== 200) throw new Error(`${path}: ${status}`);
    files.set(path, bytes);
  }
  return files;
}

async function fetchInTurns(): Promise<Record<string, number>> {
  origin.send('hold' satisfies OriginOrder);
  const files = await mediaFiles();
  await using nginx = await startStaticNginx(files);
  const fetcher = child(new URL('./fetch-process.ts', import.meta.url));
  const turn = async (to: { readonly port: number; readonly pid: number }, seconds: number) => {
    const before = usageOf(to.pid);
    const report = heard<FetchReport>(fetcher);
    const order: FetchOrder = {
      port: to.port,
      targets: [...files.keys()],
      connections: Number(values.connections),
      seconds,
    };
    fetcher.send(order);
    const { requests, errors, seconds: took } = await report;
    if (errors > 0) throw new Error(`${errors} requests of a turn failed`);
    return { perSecond: requests / took, cores: coresBetween(before, usageOf(to.pid)) };
  };
  const sides = { origin: { port, pid: origin.pid ?? 0 }, nginx: { port: nginx.port, pid: nginx.pid } };
  // Both warm up: one compiles, the other reads its files.
  for (const side of Object.values(sides)) await turn(side, 2);
  const turns = { origin: [] as Turn[], nginx: [] as Turn[] };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const name of ['origin', 'nginx'] as const) {
      const one = await turn(sides[name], Number(values.roundSeconds));
      turns[name].push(one);
      say(`${name.padEnd(6)} ${one.perSecond.toFixed(0)}/s with ${one.cores.toFixed(2)} cores`);
    }
  }
  origin.send('run' satisfies OriginOrder);
  const perCore = (all: readonly Turn[]): number =>
    median(all.map(({ perSecond, cores }) => perSecond / cores));
  const perSecond = (all: readonly Turn[]): number => rounded(median(all.map((one) => one.perSecond)), 0);
  return {
    files: files.size,
    meanBytes: rounded([...files.values()].reduce((sum, one) => sum + one.length, 0) / files.size, 0),
    requestsPerSecond: perSecond(turns.origin),
    nginxRequestsPerSecond: perSecond(turns.nginx),
    requestsPerSecondAndCore: rounded(perCore(turns.origin), 0),
    nginxRequestsPerSecondAndCore: rounded(perCore(turns.nginx), 0),
    ratioToNginx: rounded(perCore(turns.origin) / perCore(turns.nginx), 3),
  };
}

interface Turn {
  readonly perSecond: number;
  readonly cores: number;
}
