import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** Sockets that a thread empties, a plain sendmmsg to all of them, and the calling thread's CPU time. */
export interface SinkAddon {
  /** Opens so many sockets on 127.0.0.1 and returns their ports. */
  open(viewers: number): readonly number[];
  /** Hands the same bytes to the kernel once for every socket; to how many it took. */
  bareSend(datagram: Uint8Array): number;
  received(): number;
  threadCpuUs(): number;
  close(): void;
}

const root = path.resolve(import.meta.dirname, '../..');
const compileTimeoutMs = 120_000;

/** Compiles sink.cc and loads it. */
export async function loadSink(): Promise<SinkAddon> {
  const file = path.join(root, '.cache', 'bench', `fanout-sink-${process.pid}.node`);
  mkdirSync(path.dirname(file), { recursive: true });
  const headers = path.join(root, 'node_modules', 'node-api-headers', 'include');
  const source = path.join(import.meta.dirname, 'sink.cc');
  const flags = ['-std=c++17', '-O2', '-fPIC', '-shared', '-pthread', `-I${headers}`];
  await promisify(execFile)(process.env['CXX'] ?? 'c++', [...flags, source, '-o', file], {
    timeout: compileTimeoutMs,
  });
  return createRequire(import.meta.url)(file) as SinkAddon;
}
