/** Runs vitest projects and counts what really ran. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { node24 } from './dependencies.mjs';
import { root, run } from './process.mjs';

/** Fast ones first, so that a mistake shows early. They share one vitest process; each heavy one has its own. */
export const fastProjects = ['house', 'unit', 'property', 'conformance', 'fuzz'];
export const heavyProjects = ['integration', 'e2e', 'interop'];

/** A suite that hangs is a failure, not a night. */
const fastTimeoutMs = 10 * 60_000;
const heavyTimeoutMs = 40 * 60_000;

/** Runs these projects in one vitest process and resolves to how many tests passed and failed. */
export async function runProjects(projects, extra = []) {
  const present = projects.filter((project) => testFiles(project).length > 0);
  for (const project of projects)
    if (!present.includes(project)) console.log(`none    ${project}: no test files`);
  if (present.length === 0) return { passed: 0, failed: 0 };

  const report = path.join(root, '.cache', 'test', `${present[0]}.json`);
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const { code, timedOut } = await run(node24, vitestArgs(present, report, extra), {
    timeoutMs: present.some((project) => heavyProjects.includes(project)) ? heavyTimeoutMs : fastTimeoutMs,
    group: true,
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
  const counts = { passed: 0, failed: 0 };
  const files = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : [];
  const ran = new Set();
  for (const file of files) {
    const passed = file.assertionResults.filter((test) => test.status === 'passed').length;
    const failed = file.assertionResults.filter((test) => test.status === 'failed').length;
    counts.passed += passed;
    counts.failed += failed === 0 && file.status === 'failed' ? 1 : failed;
    if (passed + failed > 0 || file.status === 'failed') ran.add(projectOf(file.name));
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
