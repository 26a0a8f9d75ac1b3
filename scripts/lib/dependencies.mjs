/** npm packages and the Node that runs Frontrow. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ask, root, run, say } from './process.mjs';

const modules = path.join(root, 'node_modules');
const lockFile = path.join(root, 'package-lock.json');
const stampFile = path.join(modules, '.frontrow-stamp');
const installTimeoutMs = 15 * 60_000;

/** The Node that does the real work; it comes with the dependencies, so the machine's own may be older. */
export const node24 = path.join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** Installs the npm packages when they are missing or the lockfile changed since. */
export async function ensureDependencies() {
  if (!upToDate()) {
    say('installing npm packages (first start, or package-lock.json changed); this takes a minute or two');
    // Errors only: npm warns of every package that wants a newer Node than the caller's, and they get one.
    const { code } = await npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
    if (code !== 0) throw new Error('npm ci failed; its messages are above. Try again with: npm ci');
  }
  await ensureNode24();
  writeFileSync(stampFile, lockHash());
}

function lockHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex');
}

function upToDate() {
  if (existsSync(stampFile)) return readFileSync(stampFile, 'utf8') === lockHash();
  return installedAsLocked();
}

/** For folders that somebody filled with a plain `npm ci`: npm's own record names the same versions as the lockfile. */
function installedAsLocked() {
  const record = path.join(modules, '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages ?? {};
  const wanted = Object.entries(JSON.parse(readFileSync(lockFile, 'utf8')).packages);
  return wanted.every(
    ([where, entry]) =>
      where === '' || entry.optional === true || installed[where]?.version === entry.version,
  );
}

async function ensureNode24() {
  if ((await ask(node24, ['--version'])) !== undefined) return;
  // npm can be told to skip install scripts; this one package needs its own: it fetches the binary of this platform.
  say('fetching the Node 24 binary that the install skipped');
  await npm(['rebuild', 'node', '--ignore-scripts=false', '--foreground-scripts']);
  if ((await ask(node24, ['--version'])) === undefined) {
    throw new Error(`${node24} does not run. Try: rm -rf node_modules && npm ci --ignore-scripts=false`);
  }
}

/** The npm that called us when there is one: it is the one that works here. */
function npm(args) {
  const caller = process.env['npm_execpath'];
  const own = caller !== undefined && /npm-cli\.[cm]?js$/.test(caller);
  return run(own ? process.execPath : 'npm', own ? [caller, ...args] : args, {
    timeoutMs: installTimeoutMs,
    // npm start --demo and its like set npm_config_demo; they are not for the inner npm.
    env: Object.fromEntries(
      Object.entries(process.env).filter(([key]) => !/^npm_config_(demo|json|watch)$/.test(key)),
    ),
  });
}
