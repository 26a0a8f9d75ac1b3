import type { ConformanceTest, Level } from './check.ts';
import type { Result } from './suite.ts';

const marks: Readonly<Record<Result['outcome'], string>> = {
  passed: 'pass',
  failed: 'FAIL',
  'not supported': 'n/s ',
};

/** One line for one result. */
export function resultLine({ test, outcome, reason }: Result): string {
  const head = `${marks[outcome]}  ${test.level.padEnd(6)} ${test.id.padEnd(36)}`;
  return reason === ''
    ? `${head} ${test.title}`
    : `${head} ${test.title}\n${' '.repeat(14)}${test.section}: ${reason}`;
}

/** How many passed, failed and do not apply, for each level. */
export function summary(results: readonly Result[]): string {
  const lines = levels.flatMap((level) => {
    const own = results.filter(({ test }) => test.level === level);
    if (own.length === 0) return [];
    const count = (outcome: Result['outcome']): number => own.filter((one) => one.outcome === outcome).length;
    const parts = [
      `${count('passed')} passed`,
      `${count('failed')} failed`,
      `${count('not supported')} not supported`,
    ];
    return [`${level.padEnd(6)} ${parts.join(', ')}`];
  });
  return lines.join('\n');
}

const levels: readonly Level[] = ['MUST', 'SHOULD', 'MAY', 'house'];

/** Whether a failure at this level counts when failures count from `least` on. */
export function counts(level: Level, least: Level): boolean {
  return levels.indexOf(level) <= levels.indexOf(least);
}

/** The results for programs. */
export function jsonReport(results: readonly Result[]): string {
  const rows = results.map(
    ({ test: { id, title, section, level, protocol }, outcome, reason, durationMs }) => ({
      id,
      protocol,
      level,
      section,
      title,
      outcome,
      ...(reason === '' ? {} : { reason }),
      durationMs: Math.round(durationMs),
    }),
  );
  return JSON.stringify({ at: new Date().toISOString(), results: rows }, null, 2);
}

/** The tests as lines for a terminal. */
export function list(tests: readonly ConformanceTest[]): string {
  return tests
    .map(({ id, level, section, title }) => `${id.padEnd(36)} ${level.padEnd(6)} ${title} (${section})`)
    .join('\n');
}

/** The tests as a Markdown table. */
export function markdown(tests: readonly ConformanceTest[]): string {
  const rows = tests.map(
    ({ id, level, section, title }) => `| \`${id}\` | ${level} | ${section} | ${title} |`,
  );
  return ['| Test | Level | Section | What conforms |', '|---|---|---|---|', ...rows].join('\n');
}
