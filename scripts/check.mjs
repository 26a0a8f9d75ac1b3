/** `npm run check`: types, lint, format, import table, dead code and the fast tests. Under a minute; run it before a commit. */
import { runChecks } from './lib/checks.mjs';
import { stopAsked } from './lib/process.mjs';
import { fastProjects, runProjects } from './lib/suites.mjs';
import { main, setUp } from './setup.mjs';

await main(async () => {
  await setUp();
  const checks = await runChecks();
  const tests = stopAsked() ? { passed: 0, failed: 1 } : await runProjects(fastProjects);
  const failed = checks.failed + tests.failed;
  console.log(`${checks.passed + tests.passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
