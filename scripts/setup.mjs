/**
 * Everything a fresh machine lacks. `npm start` and `npm test` come through here first; it can also be run alone:
 * `node scripts/setup.mjs` or `node scripts/setup.mjs --tests`.
 */
import { pathToFileURL } from 'node:url';
import { ensureDependencies } from './lib/dependencies.mjs';
import { buildNative } from './lib/native.mjs';
import { say } from './lib/process.mjs';
import { ensureFfmpeg, ensureTestTools } from './lib/tools.mjs';

/**
 * Installs what is missing. `media`: FFmpeg and the native media engine too; `tests`: also what only the tests need.
 * Resolves to whether everything is there now; what is not was named.
 */
export async function setUp({ media = true, tests = false } = {}) {
  const [, rest] = await Promise.all(setUpApart({ media, tests }));
  return rest;
}

/**
 * The same in two promises that go on beside each other: npm's packages, which are enough for the checks, and all the
 * rest, which comes from Debian's packages for minutes where nothing is there yet. Await both.
 */
export function setUpApart({ media = true, tests = false } = {}) {
  const dependencies = ensureDependencies();
  const programs = ensurePrograms({ media, tests });
  const rest = async () => {
    const [, there] = await Promise.all([dependencies, programs]);
    // Last: it takes headers from npm's packages and perhaps a compiler from Debian's.
    if (media || tests) await ensureNative();
    return there;
  };
  return [dependencies, rest()];
}

/** One after the other: Debian installs for one at a time. */
async function ensurePrograms({ media, tests }) {
  const ffmpeg = media || tests ? await ensureFfmpeg() : true;
  const tools = tests ? await ensureTestTools() : true;
  return ffmpeg && tools;
}

/** The TypeScript engine serves where the native one cannot be had, so this only tells. */
async function ensureNative() {
  const { state, detail } = await buildNative();
  if (state !== 'current' && state !== 'unsupported') say(detail);
}

/** Runs a script's main function; an expected problem is one line, not a stack. */
export async function main(work) {
  try {
    process.exitCode = (await work(process.argv.slice(2))) || process.exitCode || 0;
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async (args) => {
    if (!(await setUp({ tests: args.includes('--tests') }))) return 1;
    say('everything is in place');
    return 0;
  });
}
