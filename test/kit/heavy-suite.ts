import { fileURLToPath } from 'node:url';

import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** What a suite of sockets, programs and browsers may take, and which of its files want the machine for themselves. */
export interface HeavySuite {
  readonly name: string;
  readonly timeoutMs?: number;
  /** Names of files without `.test.ts`. */
  readonly alone?: readonly string[];
}

/**
 * Such suites mostly wait for the clocks of media, so two of their files run at a time. Those named alone come after the others,
 * one at a time: they fill the machine by themselves, or measure what a neighbour would spoil.
 */
export function heavySuite({ name, timeoutMs = 180_000, alone = [] }: HeavySuite): ViteUserConfig {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const times = { root, testTimeout: timeoutMs, hookTimeout: timeoutMs };
  const single = alone.map((file) => `test/${name}/${file}.test.ts`);
  const pairs = {
    ...times,
    name: 'in pairs',
    include: [`test/${name}/**/*.test.ts`],
    exclude: single,
    maxWorkers: process.env['TESTS_ONE_FILE_AT_A_TIME'] === undefined ? 2 : 1,
    sequence: { groupOrder: 1 },
  };
  const others = {
    ...times,
    name: 'alone',
    include: single,
    maxWorkers: 1,
    // Of one file, then, two tests may go on at a time where it says so.
    maxConcurrency: 2,
    sequence: { groupOrder: 2 },
  };
  return defineConfig({
    root,
    test: { name, projects: [{ test: pairs }, ...(single.length > 0 ? [{ test: others }] : [])] },
  });
}
