import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A flood of offers, good and bad, with the key, with a wrong one and without, in equal parts. */
export interface FloodOptions {
  /** TCP port of the gateway. */
  readonly port: number;
  /** A stream that is live. */
  readonly stream: string;
  /** A key that may publish and view. */
  readonly token: string;
  readonly perSecond: number;
  readonly seconds: number;
  /** Loopback addresses that it comes from. */
  readonly addresses: number;
}

/** What came of it. */
export interface FloodCounts {
  readonly sent: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests whose connection was closed before they were answered, and those that never were. */
  readonly cut: number;
  readonly unanswered: number;
}

/** Floods a gateway from a process of its own, so that it costs the clients beside it nothing but the machine. */
export async function flood(options: FloodOptions): Promise<FloodCounts> {
  const script = fileURLToPath(new URL('flood-process.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(options)], {
    timeout: (options.seconds + 60) * 1000,
    maxBuffer: 1_000_000,
  });
  return JSON.parse(stdout) as FloodCounts;
}
