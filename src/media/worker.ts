import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '#src/core/clock.ts';
import { Failure } from '#src/core/failure.ts';
import type { Log, LogMethod } from '#src/core/log.ts';
import { raisePriority } from './engine/addon.ts';
import { Plane } from './plane.ts';
import type { FromWorker, PlainFailure, ToWorker, WorkerStart } from './worker-messages.ts';

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

function plainFailure(error: unknown): PlainFailure {
  if (error instanceof Failure) return { kind: error.kind, code: error.code, message: error.message };
  return { kind: undefined, code: '', message: error instanceof Error ? error.message : String(error) };
}

/** A log whose lines are written by the main thread; fields must survive structured cloning. */
function postedLog(post: (message: FromWorker) => void, bound: Readonly<Record<string, unknown>> = {}): Log {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error'): LogMethod =>
    (fields, sentence) =>
      post({ type: 'log', level, fields: { ...bound, ...fields }, sentence });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => postedLog(post, { ...bound, ...fields }),
  };
}

if (parentPort !== null) await serve(parentPort);
