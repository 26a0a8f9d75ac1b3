import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A place behind a wire of its own, where a browser can be run. */
export interface OtherSide extends AsyncDisposable {
  /** This side's address; what listens on all addresses is reached there. */
  readonly hereIp: string;
  /** A program that runs the browser on the other side. */
  readonly browserPath: string;
  /** Sets the queue of this side's end of the wire (`tc qdisc replace dev …`). */
  queue(...words: readonly string[]): Promise<void>;
  /**
   * Puts a classic BPF program, which every kernel with traffic control has, in the way of what leaves or comes at this side's
   * end of the wire. It looks at Ethernet frames; action 2 drops, -1 has no opinion.
   */
  filter(way: 'egress' | 'ingress', instructions: readonly string[]): Promise<void>;
}

const run = promisify(execFile);
const commandTimeoutMs = 10_000;
let opened = 0;

/** Makes a network namespace and a pair of interfaces into it (addresses of RFC 2544). Needs root and iproute2. */
export async function openOtherSide(browser: string): Promise<OtherSide> {
  await using parts = new AsyncDisposableStack();
  const id = `${process.pid}-${opened++}`;
  const number = (process.pid * 8 + (opened % 8)) % 32_000;
  const network = `198.${18 + (number >> 14)}.${(number >> 6) & 255}.${(number & 63) * 4}`;
  const [hereIp = '', thereIp = ''] = [1, 2].map((host) => addressIn(network, host));
  const name = `frontrow-${id}`;
  const [here, there] = [`f${id}a`, `f${id}b`];
  await command('ip', 'netns', 'add', name);
  // When the runner ends by a signal, nobody is left to wait for anything.
  const atExit = (): void => void execFileSync('ip', ['netns', 'delete', name]);
  process.once('exit', atExit);
  parts.defer(() => {
    process.off('exit', atExit);
    return command('ip', 'netns', 'delete', name);
  });
  await command('ip', 'link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name);
  // The kernel removes the pair some time after the namespace; the next one must not find it.
  parts.defer(() => command('ip', 'link', 'delete', here));
  await command('ip', 'address', 'add', `${hereIp}/30`, 'dev', here);
  await command('ip', 'link', 'set', here, 'up');
  await command('ip', '-n', name, 'address', 'add', `${thereIp}/30`, 'dev', there);
  await command('ip', '-n', name, 'link', 'set', there, 'up');
  await command('ip', '-n', name, 'link', 'set', 'lo', 'up');
  // A browser looks for its own address along the default route.
  await command('ip', '-n', name, 'route', 'add', 'default', 'via', hereIp);
  await command('tc', 'qdisc', 'add', 'dev', here, 'clsact');
  const folder = await mkdtemp(join(tmpdir(), 'other-side-'));
  parts.defer(() => rm(folder, { recursive: true }));
  const browserPath = join(folder, 'browser');
  await writeFile(browserPath, `#!/bin/sh\nexec ip netns exec ${name} '${browser}' "$@"\n`);
  await chmod(browserPath, 0o755);
  const kept = parts.move();
  return {
    hereIp,
    browserPath,
    queue: (...words) => command('tc', 'qdisc', 'replace', 'dev', here, ...words),
    filter: (way, instructions) =>
      command(
        ...['tc', 'filter', 'replace', 'dev', here, way, 'protocol', 'all', 'pref', '1', 'handle', '1'],
        ...['bpf', 'da', 'bytecode', [instructions.length, ...instructions].join(',')],
      ),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function addressIn(network: string, host: number): string {
  return network.replace(/\d+$/, (last) => String(Number(last) + host));
}

async function command(program: string, ...args: readonly string[]): Promise<void> {
  await run(program, [...args], { timeout: commandTimeoutMs });
}
