/**
 * `npm test`: sets up what the tests need, then the checks and every test project, fast ones first. The last line is
 * `N passed, N failed`. Arguments narrow it: `npm test -- unit`, `npm test -- checks unit`, and whatever vitest takes,
 * for example `npm test -- e2e takeover -t "picture goes on"`.
 */
import { runChecks } from './lib/checks.mjs';
import { stopAsked } from './lib/process.mjs';
import { fastProjects, heavyProjects, runHeavyProject, runProjects } from './lib/suites.mjs';
import { main, setUpApart } from './setup.mjs';

const everything = ['checks', ...fastProjects, ...heavyProjects];

await main(async (args) => {
  const chosen = args.filter((arg) => everything.includes(arg));
  const extra = args.filter((arg) => !everything.includes(arg));
  const names = chosen.length > 0 ? chosen : extra.length > 0 ? everything.slice(1) : everything;
  const sum = { passed: 0, failed: 0 };
  const add = ({ passed, failed }) => {
    sum.passed += passed;
    sum.failed += failed;
  };
  // Types and lint need nothing but npm's packages: browsers and the like are installed meanwhile.
  const [dependencies, rest] = setUpApart({ tests: true });
  const checks = dependencies.then(async () => {
    if (names.includes('checks') && !stopAsked()) add(await runChecks());
  });
  await Promise.all([checks, rest]);

  const fast = fastProjects.filter((project) => names.includes(project));
  const steps = [
    ...(fast.length > 0 ? [() => runProjects(fast, extra)] : []),
    ...heavyProjects
      .filter((project) => names.includes(project))
      .map((project) => () => runHeavyProject(project, extra)),
  ];
  for (const step of steps) {
    if (stopAsked()) break;
    add(await step());
  }
  if (stopAsked() || sum.passed + sum.failed === 0) sum.failed += 1;
  console.log(`${sum.passed} passed, ${sum.failed} failed`);
  return sum.failed === 0 ? 0 : 1;
});
