/** The checks that need no running program: each is one command, and one count in the sum. */
import { cpus } from 'node:os';
import path from 'node:path';
import { node24 } from './dependencies.mjs';
import { root, run, stopAsked } from './process.mjs';

const checkTimeoutMs = 10 * 60_000;
const tool = (...parts) => path.join(root, 'node_modules', ...parts);

/** Name, command, and what to do when it fails. */
const checks = [
  {
    name: 'lint',
    args: [tool('eslint', 'bin', 'eslint.js'), '--max-warnings=0', '.'],
    fix: 'npx eslint --fix . repairs the simple ones',
  },
  {
    name: 'types',
    args: [tool('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'],
    fix: 'mend the types named above',
  },
  {
    name: 'types of the pages',
    args: [tool('typescript', 'bin', 'tsc'), '-p', 'public/tsconfig.json'],
    fix: 'mend the types named above (pages have the DOM, not Node)',
  },
  {
    name: 'format',
    args: [tool('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level=warn', '.'],
    fix: 'npx prettier --write . formats everything',
  },
  {
    name: 'imports',
    args: [
      tool('dependency-cruiser', 'bin', 'dependency-cruiser.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      'src',
      'public',
    ],
    fix: 'the table of allowed imports is in docs/architecture.md: meet in app.ts through an interface of src/core',
  },
  {
    name: 'dead code',
    args: [tool('knip', 'bin', 'knip.js')],
    fix: 'delete what nobody uses, or use it',
  },
];

/** Runs every check, as many at a time as there are cores up to two, and says what failed. */
export async function runChecks() {
  const waiting = [...checks];
  const counts = { passed: 0, failed: 0 };
  const lane = async () => {
    for (let check = waiting.shift(); check !== undefined && !stopAsked(); check = waiting.shift()) {
      if (await passes(check)) counts.passed += 1;
      else counts.failed += 1;
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, cpus().length) }, lane));
  return counts;
}

async function passes(check) {
  const startedMs = performance.now();
  const args = ['--disable-warning=ExperimentalWarning', ...check.args];
  const { code, output } = await run(node24, args, { timeoutMs: checkTimeoutMs, capture: true });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  if (code === 0) {
    console.log(`ok      ${check.name} (${seconds} s)`);
    return true;
  }
  console.log(`${output.trimEnd()}\nFAILED  ${check.name} (${seconds} s): ${check.fix}`);
  return false;
}
