import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A place behind a wire of its own, where a browser can be run, and a firewall on that wire. */
export interface FarSide extends AsyncDisposable {
  /** This side's address; what listens on all addresses is reached there. */
  readonly hereIp: string;
  /** A program that runs the browser on the far side. */
  readonly browserPath: string;
  /** Lets no UDP through from now on but that of one port on this side; none at all without one. */
  blockUdpExcept(port?: number): Promise<void>;
}

const run = promisify(execFile);
const commandTimeoutMs = 10_000;

/** Makes a network namespace and a pair of interfaces into it (addresses of RFC 2544). Needs root and iproute2. */
export async function openFarSide(chromiumPath: string): Promise<FarSide> {
  await using opened = new AsyncDisposableStack();
  // Apart from the addresses that benches take.
  const number = process.pid % 16_000;
  const network = `198.19.${number >> 6}.${(number & 63) * 4}`;
  const [hereIp, thereIp] = [1, 2].map((host) => addressIn(network, host));
  const name = `frontrow-test-${process.pid}`;
  const [here, there] = [`ft${process.pid}a`, `ft${process.pid}b`];
  await command('ip', 'netns', 'add', name);
  // When the test runner ends by a signal, nobody is left to wait for anything.
  const atExit = (): void => void execFileSync('ip', ['netns', 'delete', name]);
  process.once('exit', atExit);
  opened.defer(() => {
    process.off('exit', atExit);
    return command('ip', 'netns', 'delete', name);
  });
  await command('ip', 'link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name);
  // The kernel removes the pair some time after the namespace; the next test must not find it.
  opened.defer(() => command('ip', 'link', 'delete', here));
  await command('ip', 'address', 'add', `${hereIp}/30`, 'dev', here);
  await command('ip', 'link', 'set', here, 'up');
  await command('ip', '-n', name, 'address', 'add', `${thereIp}/30`, 'dev', there);
  await command('ip', '-n', name, 'link', 'set', there, 'up');
  await command('ip', '-n', name, 'link', 'set', 'lo', 'up');
  // A browser looks for its own address along the default route.
  await command('ip', '-n', name, 'route', 'add', 'default', 'via', hereIp!);
  await command('tc', 'qdisc', 'add', 'dev', here, 'clsact');
  const folder = await mkdtemp(join(tmpdir(), 'far-side-'));
  opened.defer(() => rm(folder, { recursive: true }));
  const browserPath = join(folder, 'browser');
  await writeFile(browserPath, `#!/bin/sh\nexec ip netns exec ${name} '${chromiumPath}' "$@"\n`);
  await chmod(browserPath, 0o755);
  const parts = opened.move();
  return {
    hereIp: hereIp!,
    browserPath,
    async blockUdpExcept(port = 0) {
      for (const way of ['egress', 'ingress'] as const) {
        const filter = ['protocol', 'all', 'pref', '1', 'handle', '1', 'bpf', 'da', 'bytecode'];
        await command('tc', 'filter', 'replace', 'dev', here, way, ...filter, udpFilter(way, port));
      }
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function addressIn(network: string, host: number): string {
  return network.replace(/\d+$/, (last) => String(Number(last) + host));
}

/**
 * A classic BPF program for tc, which every kernel with traffic control has: drops (action 2) a UDP datagram unless it is from
 * or to this port on this side, and has no opinion (-1) on everything else.
 */
function udpFilter(way: 'egress' | 'ingress', port: number): string {
  const portOffset = way === 'egress' ? 34 : 36;
  const instructions = [
    '40 0 0 12', // the type of the Ethernet frame
    '21 0 5 2048', // not IPv4: to the end
    '48 0 0 23', // IPv4's protocol
    '21 0 3 17', // not UDP: to the end
    `40 0 0 ${portOffset}`, // source port of what leaves, destination port of what comes
    `21 1 0 ${port}`, // ours: to the end
    '6 0 0 2',
    '6 0 0 4294967295',
  ];
  return [instructions.length, ...instructions].join(',');
}

async function command(program: string, ...args: readonly string[]): Promise<void> {
  await run(program, [...args], { timeout: commandTimeoutMs });
}
