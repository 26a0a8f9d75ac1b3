import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '#src/core/clock.ts';
import { raisePriority } from './engine/addon.ts';
import { plainFailure } from './plain-failure.ts';
import { Plane } from './plane.ts';
import { postedLog } from './posted-log.ts';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.ts';

/** The worker thread's side: one plane, its commands from and its events to the main thread. */
async function serve(port: NonNullable<typeof parentPort>): Promise<void> {
  const post = (message: FromWorker, transfer: readonly ArrayBuffer[] = []): void => {
    port.postMessage(message, transfer);
  };
  const { settings, place } = workerData as WorkerStart;
  let plane: Plane;
  try {
    plane = await Plane.open({
      settings,
      place,
      clock: systemClock,
      log: postedLog(post),
      emit: (event, transfer) => post({ type: 'event', event }, transfer),
    });
  } catch (error) {
    post({ type: 'failed', failure: plainFailure(error) });
    return;
  }
  // A packet waits for nothing that the same machine computes beside it: joins, playlists, FFmpeg.
  if (plane.engine.name === 'native') raisePriority();
  port.on('message', (message: ToWorker) => {
    if (message.type === 'command') plane.apply(message.command);
    else if (message.type === 'share') plane.share(message.order);
    // With its socket, timers and port closed, the thread has nothing left to do and ends by itself.
    else void plane[Symbol.asyncDispose]().finally(() => port.close());
  });
  post({ type: 'opened', port: plane.engine.port, engine: plane.engine.name });
}

if (parentPort !== null) await serve(parentPort);
