import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { systemClock, type Clock } from '#src/core/clock.ts';
import { Failure } from '#src/core/failure.ts';
import { Lifetime, type CloseReason } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import type { MediaPlane, PlaneCommand, PlaneEvent } from '#src/core/plane.ts';
import { mediaConfig, type MediaConfig } from './config.ts';
import { Plane, type PlaneSettings } from './plane.ts';
import type { FromWorker, PlainFailure, ToWorker, WorkerStart } from './worker-messages.ts';

/** How to open a media plane: the settings of `media`, and what the caller knows. */
export interface MediaPlaneOptions extends Partial<MediaConfig> {
  /** UDP port; 0 lets the system choose. */
  readonly port: number;
  /** One local address; without it all of them, IPv4 and IPv6. */
  readonly address?: string;
  /** In the calling thread instead of a worker: for tests. */
  readonly inline?: boolean;
  /** Only inline; a worker has the real one. */
  readonly clock?: Clock;
}

/** How long a worker may take to close its socket before it is ended. */
const closePatienceMs = 2_000;

/**
 * Opens the media plane, normally in a worker thread. Throws Failure `rtc-port-in-use` or `native-engine-missing`. A worker
 * that dies ends `closed` with its error.
 */
export async function openMediaPlane(options: MediaPlaneOptions, log: Log): Promise<MediaPlane> {
  const { port, address, inline = false, clock = systemClock, ...media } = options;
  const settings: PlaneSettings = { ...mediaConfig.parse(media), port, address };
  return inline ? await InlinePlane.open(settings, clock, log) : await WorkerPlane.open(settings, log);
}

/** Listeners and lifetime, which both kinds of plane share. */
abstract class PlaneProxy implements MediaPlane {
  abstract readonly port: number;
  abstract readonly engine: 'typescript' | 'native';
  abstract send(command: PlaneCommand): void;
  protected readonly life = new Lifetime();
  readonly closed: Promise<CloseReason> = this.life.closed;
  readonly #listeners = new Set<(event: PlaneEvent) => void>();

  listen(listener: (event: PlaneEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.life.end({ by: 'owner' });
  }

  protected tell(event: PlaneEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
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

class WorkerPlane extends PlaneProxy {
  readonly #worker: Worker;
  readonly #log: Log;
  port = 0;
  engine: 'typescript' | 'native' = 'typescript';

  private constructor(worker: Worker, log: Log) {
    super();
    this.#worker = worker;
    this.#log = log;
  }

  static async open(settings: PlaneSettings, log: Log): Promise<WorkerPlane> {
    const workerData: WorkerStart = { settings };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData, name: 'media' });
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

function fromPlain(failure: PlainFailure): Error {
  if (failure.kind === undefined) return new Error(failure.message);
  return new Failure(failure.kind, failure.code, failure.message);
}
