import { readFile } from 'node:fs/promises';

/** Kernel clock ticks per second in /proc; fixed at 100 for user space on Linux. */
const ticksPerSecond = 100;

/** What a process uses: its share of a core, from two readings of /proc/<pid>/stat, and its memory. */
export class ProcessMeter {
  #pid: number | undefined;
  #ticks = 0;
  #atMs = 0;
  #cores = 0;
  #memoryBytes = 0;

  /** The last share, 0 when unknown. */
  get cores(): number {
    return this.#cores;
  }

  /** Resident memory at the last reading, 0 when unknown. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Takes a reading; a missing /proc or process makes all 0. */
  async sample(pid: number | undefined, nowMs: number): Promise<void> {
    const [ticks, memoryBytes] =
      pid === undefined ? [] : await Promise.all([cpuTicks(pid), residentBytes(pid)]);
    this.#memoryBytes = memoryBytes ?? 0;
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
  const stat = await readProcess(pid, 'stat');
  // The name in parentheses may hold spaces: fields count from behind it (proc(5): utime 14, stime 15).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks : undefined;
}

async function residentBytes(pid: number): Promise<number> {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(await readProcess(pid, 'status'))?.[1];
  return Number(kib ?? 0) * 1024;
}

/** A process may end between two readings and not every system has /proc: both mean "unknown". */
function readProcess(pid: number, name: 'stat' | 'status'): Promise<string> {
  return readFile(`/proc/${String(pid)}/${name}`, 'utf8').catch(() => '');
}
