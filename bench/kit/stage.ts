import { setTimeout as sleep } from 'node:timers/promises';

import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { until } from '#test/kit/wait.ts';

import { makeLoadRecording } from './load-recording.ts';
import { LoadClients, type LoadViewer, type ViewerBehaviour } from './load-clients.ts';
import { type LoopedStream, loopedStream } from './looped-stream.ts';

/** What the load benches run on: the product in a process of its own, one publisher and the viewers in this one. */
export interface Stage extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly clients: LoadClients;
  readonly stream: LoopedStream;
  /** Where viewers ask for the stream. */
  readonly whepUrl: string;
  /** Engine that the gateway chose. */
  readonly engine: string;
  /** Opens viewers at a steady rate and resolves when all of them get media. */
  seat(count: number, perSecond: number, behaviour: ViewerBehaviour): Promise<readonly LoadViewer[]>;
}

/** Settings of a stage. */
export interface StageOptions {
  readonly viewers: number;
  /** Media workers; undefined leaves the default. */
  readonly workers: string | undefined;
  /** As `media.engine` says. */
  readonly engine: string;
}

const streamName = 'load';
const seatTimeoutMs = 30_000;

/** Encodes the stream, starts the gateway and publishes; resolves when LL-HLS runs too. */
export async function openStage(options: StageOptions): Promise<Stage> {
  console.log('encoding 8 s of H.264 and Opus');
  const recording = await makeLoadRecording();
  const stream = loopedStream(recording);
  await using opened = new AsyncDisposableStack();
  const clients = opened.use(await LoadClients.open());
  const gateway = opened.use(await startGateway({ env: settings(options) }));
  const session = await clients.publish(gateway.url(`/whip/${streamName}`), stream);
  opened.defer(async () => {
    await session.end();
  });
  await until('LL-HLS is ready', async () => (await gateway.stream(streamName))?.hls?.ready, {
    timeoutMs: 30_000,
    detail: () => gateway.logs.slice(-10),
  });
  const engine = await engineOf(gateway);
  tellStream(stream, engine);
  const parts = opened.move();
  const whepUrl = gateway.url(`/whep/${streamName}`);
  return {
    gateway,
    whepUrl,
    clients,
    stream,
    engine,
    seat: (count, perSecond, behaviour) => seat({ clients, whepUrl }, { count, perSecond, behaviour }),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Only what the bench must change: room for all viewers, and a playlist that is at its full length soon. */
function settings({ viewers, workers, engine }: StageOptions): Record<string, string> {
  const room = String(viewers + 100);
  return {
    FRONTROW_TIER__INTERACTIVE_LIMIT_PER_STREAM: room,
    FRONTROW_TIER__INTERACTIVE_LIMIT: room,
    FRONTROW_RTC__MAX_PEERS: room,
    // All of them come from one address.
    FRONTROW_HTTP__JOINS_PER_ADDRESS: String(100 * (viewers + 100)),
    FRONTROW_HTTP__MAX_PENDING_SESSIONS: room,
    FRONTROW_HLS__WINDOW_SEGMENTS: '4',
    FRONTROW_MEDIA__ENGINE: engine,
    ...(workers !== undefined && { FRONTROW_MEDIA__WORKERS: workers }),
  };
}

/** The first snapshot of the event stream tells about the node. */
async function engineOf(gateway: Gateway): Promise<string> {
  const response = await fetch(gateway.url('/api/events'), { signal: AbortSignal.timeout(5_000) });
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const snapshot = /^data: ?(.*)\n/m.exec(text)?.[1];
    if (snapshot !== undefined) return (JSON.parse(snapshot) as { node: { engine: string } }).node.engine;
  }
  throw new Error('the gateway tells nothing about itself');
}

function tellStream(
  { packetsPerSecond, videoPacketsPerSecond, payloadBytes }: LoopedStream,
  engine: string,
): void {
  const audio = packetsPerSecond - videoPacketsPerSecond;
  console.log(
    `engine ${engine}; ${videoPacketsPerSecond.toFixed(0)} video and ${audio.toFixed(0)} audio packets a second, ` +
      `${payloadBytes.toFixed(0)} bytes of payload in the mean`,
  );
}

async function seat(
  { clients, whepUrl }: { readonly clients: LoadClients; readonly whepUrl: string },
  wish: { readonly count: number; readonly perSecond: number; readonly behaviour: ViewerBehaviour },
): Promise<readonly LoadViewer[]> {
  const startedMs = performance.now();
  const joining: Promise<LoadViewer>[] = [];
  for (let number = 0; number < wish.count; number++) {
    await sleep(Math.max(0, startedMs + (number * 1000) / wish.perSecond - performance.now()));
    joining.push(clients.addViewer(whepUrl, wish.behaviour));
  }
  const viewers = await Promise.all(joining);
  const waiting = (): number => viewers.filter((one) => clients.times(one).firstPacketMs === 0).length;
  await until('every viewer gets media', () => waiting() === 0, {
    timeoutMs: seatTimeoutMs,
    detail: () => ({ waiting: waiting(), failed: clients.group(wish.behaviour.group).failed }),
  });
  return viewers;
}
