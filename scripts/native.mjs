/**
 * `npm run build:native`: builds the media engine in C++ when it is not up to date, and says what happened. npm runs it
 * after an install too, with --optional: there, a machine without a compiler is as good as any. With --sanitized it builds
 * the fuzzing program of the tests instead.
 */
import { buildNative, buildSanitized } from './lib/native.mjs';
import { say } from './lib/process.mjs';

/** What a caller tells apart: this machine cannot have it, which is nobody's mistake. */
const unsupportedCode = 3;

const sanitized = process.argv.includes('--sanitized');
const { state, detail } = await (sanitized ? buildSanitized() : buildNative());
say(detail);
if (state !== 'current' && state !== 'built' && !process.argv.includes('--optional')) {
  process.exitCode = state === 'unsupported' ? unsupportedCode : 1;
}
