/** Debian packages: what is missing gets installed when we may, else named with the exact command. */
import { readFileSync } from 'node:fs';
import { ask, run, say } from './process.mjs';

const aptTimeoutMs = 15 * 60_000;
let listsFresh = false;

/** The command that a person types to install these packages. */
export function aptCommand(packages) {
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  return `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/** Installs Debian packages; false when this is no Debian, we are not root, or apt-get failed. */
export async function aptInstall(packages) {
  if (!isDebian()) return false;
  const prefix = await rootPrefix();
  if (prefix === undefined) return false;
  say(`installing Debian packages: ${packages.join(' ')}`);
  if (!listsFresh) {
    const update = await apt(prefix, ['update', '-q']);
    if (update.code !== 0) say('apt-get update failed; trying with the package lists at hand');
    listsFresh = true;
  }
  return (await apt(prefix, ['install', '-y', '-q', '--no-install-recommends', ...packages])).code === 0;
}

/** Stops a service that a package brought along, now and at the next start; without systemd there is none. */
export async function stopService(name) {
  const prefix = await rootPrefix();
  if (prefix === undefined || (await ask('systemctl', ['--version'])) === undefined) return;
  const [command, ...args] = [...prefix, 'systemctl', 'disable', '--now', name];
  if ((await ask(command, args)) === undefined) say(`the service ${name} could not be stopped`);
}

function isDebian() {
  try {
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false; // No such file: macOS or Windows.
  }
}

/** [] for root, ['sudo', '-n'] with passwordless sudo, undefined when we may not. */
async function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return (await ask('sudo', ['-n', 'true'])) === undefined ? undefined : ['sudo', '-n'];
}

async function apt(prefix, args) {
  const command = [
    ...prefix,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-o',
    'DPkg::Lock::Timeout=120',
    ...args,
  ];
  const result = await run(command[0], command.slice(1), { timeoutMs: aptTimeoutMs, capture: true });
  if (result.code !== 0) console.log(result.output.trimEnd().split('\n').slice(-15).join('\n'));
  return result;
}
