import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '#src/core/clock.ts';
import { raisePriority } from '../engine/addon.ts';
import { plainFailure } from '../plain-failure.ts';
import { postedLog } from '../posted-log.ts';
import { TcpRelay } from './relay.ts';
import type { FromRelay, RelaySettings, ToRelay } from './relay-messages.ts';

/** The relay's thread: its orders from and its events to the main thread. */
async function serve(port: NonNullable<typeof parentPort>): Promise<void> {
  const post = (message: FromRelay): void => port.postMessage(message);
  const settings = workerData as RelaySettings;
  let relay: TcpRelay;
  try {
    relay = await TcpRelay.open({
      settings,
      clock: systemClock,
      log: postedLog(post),
      emit: (event) => post({ type: 'event', event }),
    });
  } catch (error) {
    post({ type: 'failed', failure: plainFailure(error) });
    return;
  }
  raisePriority();
  port.on('message', (message: ToRelay) => {
    if (message.type === 'order') relay.apply(message.order);
    // With its sockets, timers and port closed, the thread has nothing left to do and ends by itself.
    else void relay[Symbol.asyncDispose]().finally(() => port.close());
  });
  post({ type: 'opened', port: relay.port });
}

if (parentPort !== null) await serve(parentPort);
