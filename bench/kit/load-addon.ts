import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Everything the addon's functions give and take; one object argument each. */
export interface LoadAddon {
  /** Starts the viewers' thread; gives the fingerprint of the certificate that all clients share. */
  open(): string;
  close(): void;
  addViewer(options: Readonly<Record<string, number | string>>): number;
  removeViewer(options: { readonly id: number }): void;
  viewer(options: { readonly id: number }): ViewerTimes;
  group(options: { readonly group: number }): GroupCounts;
  publish(options: Readonly<Record<string, number | string | Uint32Array | Uint8Array>>): void;
  publisher(): PublisherCounts;
  pausePublisher(options: { readonly paused: number }): void;
  stopPublisher(): void;
  startBare(options: {
    readonly receivers: number;
    readonly durationMs: number;
    readonly loopUs: number;
    /** Pairs of due time in microseconds and size in bytes. */
    readonly schedule: Uint32Array;
  }): void;
  bare(): {
    readonly done: number;
    readonly cpuNs: number;
    readonly packets: number;
    readonly received: number;
    /** Once it is done. */
    readonly delays?: Float64Array;
  };
}

/** How far a client's transport is, in the addon's numbers. */
export const transportState = { checking: 0, handshaking: 1, secure: 2, failed: 3, left: 4 } as const;

/** Milliseconds since 1970 of a viewer's steps; 0 for what has not been. */
export interface ViewerTimes {
  readonly state: number;
  readonly openedMs: number;
  readonly secureMs: number;
  readonly firstPacketMs: number;
}

/** What the viewers of a group counted together, from the start. */
export interface GroupCounts {
  readonly secure: number;
  readonly failed: number;
  /** Datagrams that this process read too late: the machine's fault, not the gateway's. */
  readonly kernelDrops: number;
  readonly packets: number;
  readonly bytes: number;
  readonly badTags: number;
  /** Sequence numbers left out when a later one came. */
  readonly holes: number;
  /** Of those, the ones that never came, NACKs and all. */
  readonly lost: number;
  readonly duplicates: number;
  /** Packets thrown away on purpose, and those of them that never came again. */
  readonly pretended: number;
  readonly pretendedLost: number;
  /** Missing numbers that came after all, whichever way. */
  readonly repaired: number;
  /** Retransmissions that repaired nothing. */
  readonly probes: number;
  readonly probeBytes: number;
  readonly nacks: number;
  readonly reports: number;
  readonly feedbacks: number;
  readonly senderReports: number;
  /** Forwarding delays: buckets of 25 us up to 100 ms, then of 1 ms. */
  readonly delays: Float64Array;
}

/** What the publisher did. */
export interface PublisherCounts {
  readonly state: number;
  readonly packets: number;
  readonly bytes: number;
  readonly resent: number;
  readonly keyframeRequests: number;
  /** Longest time a packet left behind its due time since the last look. */
  readonly latestUs: number;
}

const run = promisify(execFile);
const compileTimeoutMs = 180_000;
const source = fileURLToPath(new URL('load/', import.meta.url));
const headers = fileURLToPath(new URL('../../node_modules/node-api-headers/include/', import.meta.url));
const cache = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));

/** Compiles the load clients when their sources changed since the last time, and loads them. */
export async function openLoadAddon(): Promise<LoadAddon> {
  const files = (await readdir(source)).sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(await readFile(join(source, file)));
  const target = join(cache, `load-${hash.digest('hex').slice(0, 16)}.node`);
  if (!existsSync(target)) {
    console.log('compiling the load clients');
    await compile(
      files.filter((file) => file.endsWith('.cc')),
      target,
    );
  }
  return createRequire(import.meta.url)(target) as LoadAddon;
}

/** Another process never sees half a file: it is written under another name first. */
async function compile(files: readonly string[], target: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const partial = `${target}.${process.pid}`;
  const flags = ['-std=c++17', '-O2', '-Wall', '-Wextra', '-fPIC', '-shared', '-pthread'];
  const args = [...flags, `-I${headers}`, '-o', partial, ...files];
  await run(process.env['CXX'] ?? 'g++', args, { cwd: source, timeout: compileTimeoutMs });
  await rename(partial, target);
}
