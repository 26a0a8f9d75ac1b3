import { defineConfig } from 'vitest/config';

/** Suites that open sockets or start FFmpeg and Chromium run one file at a time: the machine has few cores. */
const fast = (name: string) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    // A hang is still found; a machine with other things to do is not punished.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
const heavy = (name: string, timeoutMs = 90_000) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    fileParallelism: false,
    maxWorkers: 1,
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
      heavy('integration'),
      heavy('e2e'),
      // Two browsers and an interpreter at a time, none of them ours to make faster.
      heavy('interop', 150_000),
    ],
  },
});
