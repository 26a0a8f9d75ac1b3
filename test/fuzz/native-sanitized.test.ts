import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const program = path.join(root, 'native', 'build', 'fuzz');
/** Exit code of the build script: this compiler cannot do it. */
const unsupported = 3;
const inputs = 240_000;
const steps = 30_000;
const timeout = 240_000;

function run(command: string, args: readonly string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8', timeout });
  return { code: status, output: stdout + stderr };
}

it(`finds nothing in ${inputs} hostile packets and ${steps} steps of fan-out`, { timeout }, (context) => {
  const build = run(process.execPath, [path.join('scripts', 'native.mjs'), '--sanitized']);
  if (build.code === unsupported) {
    console.log(build.output.trim());
    context.skip(build.output.trim());
  }
  expect(build.output).toMatch(/fuzzing program/);
  expect(build.code).toBe(0);
  // The sanitizer is awake: a program that reads one byte too many does not get away with it.
  const proof = run(program, []);
  expect(proof.output).toContain('AddressSanitizer: heap-buffer-overflow');
  expect(proof.code).not.toBe(0);
  const found = run(program, [String(inputs), String(steps), '1']);
  expect(found.output).toMatch(/^\d+ inputs to unprotect, \d+ steps of fan-out: nothing found\n$/);
  expect(found.code).toBe(0);
});
