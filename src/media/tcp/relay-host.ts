import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { systemClock } from '#src/core/clock.ts';
import { Lifetime, type Living } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import { fromPlain } from '../plain-failure.ts';
import { TcpRelay } from './relay.ts';
import type { FromRelay, RelayEvent, RelayOrder, RelaySettings, ToRelay } from './relay-messages.ts';

/** A relay as the control plane sees it: in a thread of its own, or inline in tests. */
export interface RelayHost extends Living {
  readonly port: number;
  send(order: RelayOrder): void;
}

/** What hears a relay. */
export type HearRelay = (event: RelayEvent) => void;

/** How long the thread may take to close its sockets before it is ended. */
const closePatienceMs = 2_000;

/** Opens a relay in the calling thread. */
export async function openInlineRelay(
  settings: RelaySettings,
  log: Log,
  hear: HearRelay,
): Promise<RelayHost> {
  const life = new Lifetime();
  const relay = life.own(await TcpRelay.open({ settings, clock: systemClock, log, emit: hear }));
  return {
    port: relay.port,
    closed: life.closed,
    send: (order) => {
      if (!life.ended) relay.apply(order);
    },
    [Symbol.asyncDispose]: () => life.end(),
  };
}

/** Opens a relay in a thread of its own; `closed` tells when it dies. */
export async function openRelayThread(
  settings: RelaySettings,
  log: Log,
  hear: HearRelay,
): Promise<RelayHost> {
  const worker = new Worker(new URL('./relay-thread.ts', import.meta.url), {
    workerData: settings,
    name: 'media tcp',
  });
  const life = new Lifetime();
  const port = await new Promise<number>((resolve, reject) => {
    worker.on('message', (message: FromRelay) => {
      if (message.type === 'opened') resolve(message.port);
      else if (message.type === 'failed') reject(fromPlain(message.failure));
      else if (message.type === 'event') hear(message.event);
      else log[message.level](message.fields, message.sentence);
    });
    const died = (error: Error): void => {
      reject(error);
      void life.end({ by: 'failure', error });
    };
    worker.on('error', (error) => died(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => died(new Error(`the thread of the TCP port ended with code ${code}`)));
  });
  const post = (message: ToRelay): void => worker.postMessage(message);
  life.defer(() => stop(worker, () => post({ type: 'close' })));
  return {
    port,
    closed: life.closed,
    send: (order) => {
      if (!life.ended) post({ type: 'order', order });
    },
    [Symbol.asyncDispose]: () => life.end(),
  };
}

async function stop(worker: Worker, ask: () => void): Promise<void> {
  if (worker.threadId === -1) return;
  const exited = once(worker, 'exit');
  ask();
  const patience = setTimeout(() => void worker.terminate(), closePatienceMs);
  await exited;
  clearTimeout(patience);
}
