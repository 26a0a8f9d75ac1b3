/** Runs vitest projects and counts what really ran. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { node24 } from './dependencies.mjs';
import { root, run, stopAsked } from './process.mjs';

/** Fast ones first, so that a mistake shows early. They share one vitest process; each heavy one has its own. */
export const fastProjects = ['house', 'unit', 'property', 'conformance', 'fuzz'];
export const heavyProjects = ['integration', 'e2e', 'interop'];

/** A suite that hangs is a failure, not a night. */
const fastTimeoutMs = 10 * 60_000;
const heavyTimeoutMs = 40 * 60_000;
/** Read by test/kit/heavy-suite.ts. */
const oneFileAtATime = 'TESTS_ONE_FILE_AT_A_TIME';
/** More failed files than this are not run again. */
const filesRunAgain = 3;

/**
 * Runs a project of real browsers, clocks and media. Files that fail run once more, alone, because a neighbour on the
 * machine may have taken the processor away for seconds: a fault of ours fails again. What passes only then is named
 * (docs/adr/0017).
 */
export async function runHeavyProject(project, extra = []) {
  const first = await runProjects([project], extra);
  const failed = first.files.filter((file) => file.failed > 0);
  const failedTests = failed.reduce((sum, file) => sum + file.failed, 0);
  // Many are no accident, a failure that belongs to no file would not be seen again, and a person chooses for himself.
  const isAccident = failed.length > 0 && failed.length <= filesRunAgain && failedTests === first.failed;
  if (!isAccident || extra.length > 0 || stopAsked()) return first;

  const names = failed.map(({ name }) => name);
  console.log(`again   ${project}: ${names.join(' ')}`);
  const second = await runProjects([project], names, { ...process.env, [oneFileAtATime]: '1' });
  if (second.failed === 0) {
    for (const test of failed.flatMap(({ tests }) => tests))
      console.log(`UNSTEADY ${project}: passed in its second run only: ${test}`);
  }
  const passedBefore = failed.reduce((sum, file) => sum + file.passed, 0);
  return { passed: first.passed - passedBefore + second.passed, failed: second.failed };
}

/**
 * Runs these projects in one vitest process and resolves to how many tests passed and failed, in all and in each file;
 * `tests` of a file are the names of its failed ones.
 */
export async function runProjects(projects, extra = [], env = process.env) {
  const present = projects.filter((project) => testFiles(project).length > 0);
  for (const project of projects)
    if (!present.includes(project)) console.log(`none    ${project}: no test files`);
  if (present.length === 0) return { passed: 0, failed: 0, files: [] };

  const report = path.join(root, '.cache', 'test', `${present[0]}.json`);
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const { code, timedOut } = await run(node24, vitestArgs(present, report, extra), {
    timeoutMs: present.some((project) => heavyProjects.includes(project)) ? heavyTimeoutMs : fastTimeoutMs,
    group: true,
    env,
  });
  if (timedOut) console.log(`FAILED  ${present.join(' ')}: took too long and was stopped`);
  return count(present, { report, code, filtered: extra.length > 0 });
}

function vitestArgs(projects, report, extra) {
  return [
    '--disable-warning=ExperimentalWarning',
    path.join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    '--allowOnly=false',
    // A name given by hand need not be in every project.
    ...(extra.length > 0 ? ['--passWithNoTests', ...extra] : []),
  ];
}

/**
 * Adds up the report. Red as well: vitest's own complaint (an unhandled error, a file that does not load), and a project
 * with test files of which none ran, because a suite that ran nothing proves nothing.
 */
function count(projects, { report, code, filtered }) {
  const counts = { passed: 0, failed: 0, files: [] };
  const files = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : [];
  const ran = new Set();
  for (const file of files) {
    const passed = file.assertionResults.filter((test) => test.status === 'passed').length;
    const tests = file.assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => test.fullName);
    const failed = tests.length === 0 && file.status === 'failed' ? 1 : tests.length;
    counts.passed += passed;
    counts.failed += failed;
    counts.files.push({ name: path.relative(root, file.name), passed, failed, tests });
    if (passed + failed > 0) ran.add(projectOf(file.name));
  }
  for (const project of filtered ? [] : projects) {
    if (ran.has(project)) continue;
    console.log(`FAILED  ${project}: there are test files, but no test ran`);
    counts.failed += 1;
  }
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function projectOf(file) {
  return path.relative(path.join(root, 'test'), file).split(path.sep)[0];
}

function testFiles(project) {
  const folder = path.join(root, 'test', project);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.test.ts'));
}
