import { defineConfig } from 'vitest/config';

/** Suites without sockets, programs or clocks of their own. */
const fast = (name: string) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    // Files of one worker share what they import, which takes longer than most of their tests. So a file ends as it began:
    // it restores each clock and global that it replaced.
    isolate: false,
    maxWorkers: '100%',
    // A hang is still found; a machine with other things to do is not punished.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});

export default defineConfig({
  test: {
    projects: [
      fast('unit'),
      fast('property'),
      fast('conformance'),
      fast('house'),
      fast('fuzz'),
      // Each is two projects, which go by the suite's name together: only a configuration file can be that.
      'test/integration/vitest.config.ts',
      'test/e2e/vitest.config.ts',
      'test/interop/vitest.config.ts',
    ],
  },
});
