import { readFile } from 'node:fs/promises';

/** Kernel clock ticks per second in /proc; fixed at 100 for user space on Linux. */
const ticksPerSecond = 100;

/** Share of a core that a process uses, from two readings of /proc/<pid>/stat. */
export class CpuMeter {
  #pid: number | undefined;
  #ticks = 0;
  #atMs = 0;
  #cores = 0;

  /** The last share, 0 when unknown. */
  get cores(): number {
    return this.#cores;
  }

  /** Takes a reading; a missing /proc or process makes the share 0. */
  async sample(pid: number | undefined, nowMs: number): Promise<void> {
    const ticks = pid === undefined ? undefined : await cpuTicks(pid);
    if (ticks === undefined) {
      this.#pid = undefined;
      this.#cores = 0;
      return;
    }
    const elapsedMs = nowMs - this.#atMs;
    if (this.#pid === pid && elapsedMs > 0) {
      this.#cores = Math.max(0, ((ticks - this.#ticks) / ticksPerSecond) * (1000 / elapsedMs));
    }
    this.#pid = pid;
    this.#ticks = ticks;
    this.#atMs = nowMs;
  }
}

async function cpuTicks(pid: number): Promise<number | undefined> {
  // A process may end between two readings and not every system has /proc: both mean "unknown".
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold spaces: fields count from behind it (proc(5): utime 14, stime 15).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks : undefined;
}
