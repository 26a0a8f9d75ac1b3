import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { until } from './wait.ts';

/** Clients of test/interop/clients. */
export type PythonScript = 'gst_client' | 'aiortc_client';

/** What such a client says about itself four times a second. */
export interface PythonReport {
  /** State of its peer connection. */
  readonly connection: string;
  /** Statuses of the PATCHes that it trickled with. */
  readonly patches: readonly number[];
  /** Pictures that left its decoder, and how many different ones. */
  readonly frames: number;
  readonly pictures: number;
  readonly size: readonly [width: number, height: number];
  /** Sound buffers that left its decoder; loudness from 0 to 1, and pitch. */
  readonly sounds: number;
  readonly level: number;
  readonly pitchHz: number;
  /** Status of its DELETE, in the last report only. */
  readonly deleted?: number;
}

/** A client in a process of its own. */
export interface PythonClient extends AsyncDisposable {
  /** Waits for a report that satisfies; tells the last one and what was printed when none comes. */
  until(what: string, satisfies: (report: PythonReport) => boolean): Promise<PythonReport>;
  /** Lets it DELETE its session and end; gives its last report. */
  stop(): Promise<PythonReport>;
}

/** Debian's interpreter: the packages that it needs are Debian's. */
const interpreter = '/usr/bin/python3';
const folder = fileURLToPath(new URL('../interop/clients/', import.meta.url));
const patienceMs = 40_000;
const stopTimeoutMs = 15_000;
const complaintLimit = 50;

/** Starts a client; the arguments are its own. */
export function startPythonClient(script: PythonScript, ...args: readonly string[]): PythonClient {
  const child = spawn(interpreter, ['-B', `${folder}${script}.py`, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const exited = once(child, 'exit').finally(() => process.off('exit', endWithUs));
  const complaints: string[] = [];
  let last: PythonReport | undefined;
  createInterface(child.stderr).on('line', (line) => {
    complaints.push(line);
    if (complaints.length > complaintLimit) complaints.shift();
  });
  createInterface(child.stdout).on('line', (line) => {
    last = JSON.parse(line) as PythonReport;
  });
  return {
    until: (what, satisfies) =>
      until(
        what,
        () => {
          if (hasEnded(child)) throw new Error(`${script} ended: ${complaints.join('\n')}`);
          return last !== undefined && satisfies(last) ? last : undefined;
        },
        { timeoutMs: patienceMs, detail: () => [last, complaints] },
      ),
    async stop() {
      child.stdin.end();
      await Promise.race([exited, once(child, 'exit', { signal: AbortSignal.timeout(stopTimeoutMs) })]);
      if (last?.deleted === undefined)
        throw new Error(`${script} left no last word: ${complaints.join('\n')}`);
      return last;
    },
    async [Symbol.asyncDispose]() {
      if (hasEnded(child)) return;
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
