import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU seconds that a process with all its threads has used so far, user and system. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold blanks; fields are counted behind it: utime is the 14th, stime the 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Runs `during` and tells how many cores each process used meanwhile. */
export async function coresUsed(
  pids: readonly number[],
  during: () => Promise<void>,
): Promise<readonly number[]> {
  const before = pids.map(cpuSecondsOf);
  const startedMs = performance.now();
  await during();
  const seconds = (performance.now() - startedMs) / 1000;
  return pids.map((pid, index) => (cpuSecondsOf(pid) - before[index]!) / seconds);
}
