import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { systemClock, type Clock } from '#src/core/clock.ts';
import { Failure } from '#src/core/failure.ts';
import type { Log } from '#src/core/log.ts';
import type { MediaPlane, PlaneCommand, PlaneEvent } from '#src/core/plane.ts';
import { maxWorkers, mediaConfig, type MediaConfig } from './config.ts';
import { fromPlain } from './plain-failure.ts';
import { Plane, type PlaneSettings, type WorkerPlace } from './plane.ts';
import { PlaneProxy } from './plane-proxy.ts';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.ts';
import { openTcpPlane, type TcpOptions } from './tcp/tcp-plane.ts';
import { bellMemory } from './workers/doorbell.ts';
import type { PlacementPrices } from './workers/placement.ts';
import { WorkerPool, type PoolMember } from './workers/pool.ts';
import type { SharingOrder } from './workers/sharing.ts';

/** How to open a media plane: the settings of `media`, and what the caller knows. */
export interface MediaPlaneOptions extends Partial<MediaConfig> {
  /** UDP port of the first worker, the others have the ones behind it; 0 lets the system choose for each. */
  readonly port: number;
  /** One local address; without it all of them, IPv4 and IPv6. */
  readonly address?: string;
  /** The TCP port for clients whose UDP is blocked; none without it. */
  readonly tcp?: TcpOptions | undefined;
  /** In the calling thread instead of a worker: for tests. */
  readonly inline?: boolean;
  /** Only inline; a worker has the real one. */
  readonly clock?: Clock;
  /** What makes the pool spread viewers: for tests. */
  readonly prices?: Partial<PlacementPrices>;
}

/** How long a worker may take to close its socket before it is ended. */
const closePatienceMs = 2_000;
const maxPort = 65_535;

/**
 * Opens the media plane, normally in worker threads. Throws Failure `rtc-port-in-use`, `rtc-ports-too-high`,
 * `native-engine-missing`, `rtc-tcp-port-in-use` or `rtc-tcp-port-refused`. A worker that dies ends `closed` with its error.
 */
export async function openMediaPlane(options: MediaPlaneOptions, log: Log): Promise<MediaPlane> {
  const { tcp, ...udp } = options;
  const plane = await openUdpPlane(udp, log);
  if (tcp === undefined || tcp.port === 'off') return plane;
  const { address, inline, silenceTimeoutMs } = options;
  const facts = { anyPort: options.port === 0, address, inline, silenceTimeoutMs };
  return await openTcpPlane(plane, { ...tcp, ...facts }, log);
}

async function openUdpPlane(options: Omit<MediaPlaneOptions, 'tcp'>, log: Log): Promise<MediaPlane> {
  const { port, address, inline = false, clock = systemClock, prices, ...media } = options;
  const settings: PlaneSettings = { ...mediaConfig.parse(media), port, address };
  if (inline) return await InlinePlane.open(settings, clock, log);
  const workers = workerCount(settings.workers);
  return workers === 1
    ? await WorkerPlane.open(settings, log)
    : await openPool(settings, workers, { log, prices });
}

async function openPool(
  settings: PlaneSettings,
  workers: number,
  more: { readonly log: Log; readonly prices: Partial<PlacementPrices> | undefined },
): Promise<MediaPlane> {
  const { port } = settings;
  if (port + workers - 1 > maxPort) throw portsTooHigh(port, workers);
  const bells = Array.from({ length: workers }, bellMemory);
  const opening = bells.map((_, index) =>
    WorkerPlane.open({ ...settings, port: port === 0 ? 0 : port + index }, more.log, { index, bells }),
  );
  const outcomes = await Promise.allSettled(opening);
  const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const refused = outcomes.find((outcome) => outcome.status === 'rejected');
  if (refused === undefined) return new WorkerPool(opened, more.prices);
  await Promise.all(opened.map((plane) => plane[Symbol.asyncDispose]()));
  throw refused.reason;
}

/** As many as the machine has cores, less one for the control plane and FFmpeg's readers. */
function workerCount(setting: MediaConfig['workers']): number {
  return setting === 'auto' ? Math.min(maxWorkers, Math.max(1, availableParallelism() - 1)) : setting;
}

function portsTooHigh(port: number, workers: number): Failure {
  const last = maxPort - workers + 1;
  return new Failure(
    'invalid',
    'rtc-ports-too-high',
    `${workers} media workers need as many UDP ports from ${port} on; set FRONTROW_RTC__PORT to ${last} or less, or FRONTROW_MEDIA__WORKERS to fewer`,
  );
}

class InlinePlane extends PlaneProxy {
  #plane!: Plane;

  static async open(settings: PlaneSettings, clock: Clock, log: Log): Promise<InlinePlane> {
    const proxy = new InlinePlane();
    const emit = (event: PlaneEvent): void => {
      // Never from within send(): with a worker, an event cannot come before the command returned either.
      queueMicrotask(() => proxy.tell(event));
    };
    proxy.#plane = proxy.life.own(await Plane.open({ settings, clock, log, emit }));
    return proxy;
  }

  get port(): number {
    return this.#plane.engine.port;
  }

  get engine(): 'typescript' | 'native' {
    return this.#plane.engine.name;
  }

  send(command: PlaneCommand): void {
    if (!this.life.ended) this.#plane.apply(command);
  }
}

class WorkerPlane extends PlaneProxy implements PoolMember {
  readonly #worker: Worker;
  readonly #log: Log;
  port = 0;
  engine: 'typescript' | 'native' = 'typescript';

  private constructor(worker: Worker, log: Log) {
    super();
    this.#worker = worker;
    this.#log = log;
  }

  static async open(settings: PlaneSettings, log: Log, place?: WorkerPlace): Promise<WorkerPlane> {
    const workerData: WorkerStart = { settings, place };
    const name = place === undefined ? 'media' : `media ${place.index}`;
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData, name });
    const plane = new WorkerPlane(worker, log);
    await plane.#start();
    plane.life.defer(() => plane.#stop());
    return plane;
  }

  send(command: PlaneCommand): void {
    if (this.life.ended) return;
    if (command.type !== 'dtls-out') {
      this.#post({ type: 'command', command });
      return;
    }
    // A view into a pooled buffer would be cloned with all of the pool, and slice() of a Buffer would share it.
    const datagram = new Uint8Array(command.datagram);
    this.#post({ type: 'command', command: { ...command, datagram } }, [datagram.buffer]);
  }

  share(order: SharingOrder): void {
    if (!this.life.ended) this.#post({ type: 'share', order });
  }

  #start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromWorker) => {
        if (message.type === 'opened') {
          this.port = message.port;
          this.engine = message.engine;
          resolve();
        } else if (message.type === 'failed') reject(fromPlain(message.failure));
        else if (message.type === 'event') this.tell(message.event);
        else this.#log[message.level](message.fields, message.sentence);
      });
      const died = (error: Error): void => {
        reject(error);
        void this.life.end({ by: 'failure', error });
      };
      this.#worker.on('error', (error) => died(error instanceof Error ? error : new Error(String(error))));
      this.#worker.on('exit', (code) => died(new Error(`the media thread ended with code ${code}`)));
    });
  }

  async #stop(): Promise<void> {
    if (this.#worker.threadId === -1) return;
    const exited = once(this.#worker, 'exit');
    this.#post({ type: 'close' });
    const patience = setTimeout(() => void this.#worker.terminate(), closePatienceMs);
    await exited;
    clearTimeout(patience);
  }

  #post(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
