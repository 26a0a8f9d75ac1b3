import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A way to a place of its own, whose width and losses can be set. */
export interface NarrowWay extends AsyncDisposable {
  /** This side's address; what listens on all addresses is reached there. */
  readonly hereIp: string;
  /** A program that runs a browser on the other side. */
  readonly browserPath: string;
  /** Limits what goes to the other side. */
  setRate(bitsPerSecond: number): Promise<void>;
  /** Share of UDP datagrams to the other side that are lost at random, 0 to 1. */
  setLoss(share: number): Promise<void>;
}

const run = promisify(execFile);
const commandTimeoutMs = 10_000;
/** What a home router's queue holds before it drops. */
const queueMs = 200;
/** A burst of the token bucket: some full packets. */
const burstBytes = 16_000;

/**
 * Makes a network namespace and a pair of interfaces into it (RFC 2544's test addresses). Needs root. Everything goes with
 * the namespace when it is disposed of.
 */
export async function openNarrowWay(chromiumPath: string): Promise<NarrowWay> {
  await using opened = new AsyncDisposableStack();
  const number = process.pid % 16_000;
  const network = `198.18.${number >> 6}.${(number & 63) * 4}`;
  const [hereIp, thereIp] = [1, 2].map((host) =>
    network.replace(/\d+$/, (last) => String(Number(last) + host)),
  );
  const name = `frontrow-bench-${process.pid}`;
  const [here, there] = [`fr${process.pid}a`, `fr${process.pid}b`];
  await command('ip', 'netns', 'add', name);
  // When the bench ends by a signal, nobody is left to wait for anything.
  const atExit = (): void => void execFileSync('ip', ['netns', 'delete', name]);
  process.once('exit', atExit);
  opened.defer(() => {
    process.off('exit', atExit);
    return command('ip', 'netns', 'delete', name);
  });
  await command('ip', 'link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name);
  // The kernel removes the pair some time after the namespace; the next run must not find it.
  opened.defer(() => command('ip', 'link', 'delete', here));
  await command('ip', 'address', 'add', `${hereIp}/30`, 'dev', here);
  await command('ip', 'link', 'set', here, 'up');
  await command('ip', '-n', name, 'address', 'add', `${thereIp}/30`, 'dev', there);
  await command('ip', '-n', name, 'link', 'set', there, 'up');
  await command('ip', '-n', name, 'link', 'set', 'lo', 'up');
  // A browser looks for its own address along the default route.
  await command('ip', '-n', name, 'route', 'add', 'default', 'via', hereIp!);
  await command('tc', 'qdisc', 'add', 'dev', here, 'clsact');
  const folder = await mkdtemp(join(tmpdir(), 'narrow-way-'));
  opened.defer(() => rm(folder, { recursive: true }));
  const browserPath = join(folder, 'browser');
  await writeFile(browserPath, `#!/bin/sh\nexec ip netns exec ${name} '${chromiumPath}' "$@"\n`);
  await chmod(browserPath, 0o755);
  const parts = opened.move();
  return {
    hereIp: hereIp!,
    browserPath,
    setRate: (bitsPerSecond) =>
      command(
        ...['tc', 'qdisc', 'replace', 'dev', here, 'root', 'tbf'],
        ...['rate', `${bitsPerSecond}bit`, 'burst', String(burstBytes), 'latency', `${queueMs}ms`],
      ),
    setLoss: (share) =>
      command(
        ...['tc', 'filter', 'replace', 'dev', here, 'egress', 'protocol', 'all', 'pref', '1', 'handle', '1'],
        ...['bpf', 'da', 'bytecode', lossProgram(share)],
      ),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/**
 * A classic BPF program for tc, because netem is a module that many kernels lack: drops (action 2) a UDP datagram when a
 * random number is high enough, and has no opinion (-1) on everything else.
 */
function lossProgram(share: number): string {
  const threshold = Math.round((1 - share) * 2 ** 32);
  if (threshold >= 2 ** 32) return '1,6 0 0 4294967295';
  const instructions = [
    '48 0 0 23', // load the byte behind the Ethernet header that holds IPv4's protocol
    '21 0 3 17', // not UDP: to the end
    '32 0 0 4294963256', // load a random number (SKF_AD_RANDOM)
    `53 0 1 ${threshold}`, // below: to the end
    '6 0 0 2',
    '6 0 0 4294967295',
  ];
  return [instructions.length, ...instructions].join(',');
}

async function command(program: string, ...args: readonly string[]): Promise<void> {
  await run(program, [...args], { timeout: commandTimeoutMs });
}
