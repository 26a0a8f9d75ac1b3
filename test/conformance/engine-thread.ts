import { parentPort, workerData } from 'node:worker_threads';
import { getPriority } from 'node:os';
import { raisePriority } from '#src/media/engine/addon.ts';
import { NativeEngine } from '#src/media/engine/native.ts';
import { trustedAddon } from '#src/media/engine/select.ts';

/**
 * A worker thread with a native engine of its own. What it does with the first datagram is in `workerData`: close the
 * engine from within the call, throw, or wait to be terminated; `priority` only tells what came of raising it.
 */
const addon = trustedAddon();
if (typeof addon === 'string') throw new Error(addon);
const engine = await NativeEngine.open(
  addon,
  { port: 0, address: '127.0.0.1', recvBufferBytes: 1 << 20, sendBufferBytes: 1 << 20 },
  {
    datagram: () => {
      if (workerData === 'throw') throw new Error('thrown by the listener');
      parentPort?.postMessage('heard');
      if (workerData === 'close') void engine[Symbol.asyncDispose]();
    },
    error: (error) => {
      throw error;
    },
  },
);
parentPort?.postMessage(workerData === 'priority' ? [raisePriority(), getPriority()] : engine.port);
