import { monitorEventLoopDelay } from 'node:perf_hooks';
import { rounded } from '#src/core/rounding.ts';

/** What this process costs, read once a second. */
export interface Load extends Disposable {
  /** Longest wait of this thread's event loop in the last second. */
  readonly loopDelayMs: number;
  /** Cores used by the whole process in the last second. */
  readonly cpuCores: number;
  readonly rssBytes: number;
}

/** Starts measuring. */
export function openLoad(): Load {
  const resolutionMs = 10;
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let loopDelayMs = 0;
  let cpuCores = 0;
  let cpu = process.cpuUsage();
  let atMs = performance.now();
  const timer = setInterval(() => {
    loopDelayMs = rounded(Math.max(0, delay.max / 1e6 - resolutionMs), 1);
    delay.reset();
    const spent = process.cpuUsage(cpu);
    const nowMs = performance.now();
    cpuCores = rounded((spent.user + spent.system) / 1000 / (nowMs - atMs), 3);
    cpu = process.cpuUsage();
    atMs = nowMs;
  }, 1_000);
  timer.unref();
  return {
    get loopDelayMs() {
      return loopDelayMs;
    },
    get cpuCores() {
      return cpuCores;
    },
    get rssBytes() {
      return process.memoryUsage.rss();
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      delay.disable();
    },
  };
}
