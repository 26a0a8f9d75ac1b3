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
  await ensureDependencies();
  const ffmpeg = media || tests ? await ensureFfmpeg() : true;
  const tools = tests ? await ensureTestTools() : true;
  if (media || tests) await ensureNative();
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
