/**
 * `npm run build:native`: builds the media engine in C++ when it is not up to date, and says what happened. npm runs it
 * after an install too, with --optional: there, a machine without a compiler is as good as any.
 */
import { buildNative } from './lib/native.mjs';
import { say } from './lib/process.mjs';

const { state, detail } = await buildNative();
say(detail);
const optional = process.argv.includes('--optional');
if (!optional && state !== 'current' && state !== 'built') process.exitCode = 1;
