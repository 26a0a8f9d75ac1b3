import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU seconds so far. */
export interface CpuTime {
  readonly user: number;
  readonly system: number;
}

/** What a process has used so far, whole and by thread. */
export interface Usage {
  readonly atMs: number;
  readonly whole: CpuTime;
  readonly threads: ReadonlyMap<number, ThreadUsage>;
}

/** What one thread has used so far. */
interface ThreadUsage extends CpuTime {
  readonly name: string;
  /** Seconds that it was ready to run and had no core. */
  readonly waited: number;
}

/** Cores that one thread used between two looks. */
export interface ThreadCores {
  readonly name: string;
  readonly user: number;
  readonly system: number;
  /** Share of the time that it was ready to run and had no core: the machine was busy with others. */
  readonly waited: number;
}

/** Reads what a process and its threads have used. */
export function usageOf(pid: number): Usage {
  const threads = new Map<number, ThreadUsage>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const stat = statOf(`/proc/${pid}/task/${thread}/stat`);
    const waited = waitedSeconds(`/proc/${pid}/task/${thread}/schedstat`);
    if (stat !== undefined) threads.set(Number(thread), { ...stat, waited });
  }
  const whole = statOf(`/proc/${pid}/stat`);
  if (whole === undefined) throw new Error(`process ${pid} is gone`);
  return { atMs: performance.now(), whole, threads };
}

/** Cores of the whole process, ended threads included. */
export function coresBetween(before: Usage, after: Usage): number {
  const used = after.whole.user + after.whole.system - before.whole.user - before.whole.system;
  return used / secondsBetween(before, after);
}

/** Cores by thread; threads of one name are added up, those that did nothing are left out. */
export function threadCoresBetween(before: Usage, after: Usage): ThreadCores[] {
  const seconds = secondsBetween(before, after);
  const sums = new Map<string, { user: number; system: number; waited: number }>();
  for (const [thread, { name, user, system, waited }] of after.threads) {
    const earlier = before.threads.get(thread);
    const sum = sums.get(name) ?? { user: 0, system: 0, waited: 0 };
    sum.user += (user - (earlier?.user ?? 0)) / seconds;
    sum.system += (system - (earlier?.system ?? 0)) / seconds;
    sum.waited += (waited - (earlier?.waited ?? 0)) / seconds;
    sums.set(name, sum);
  }
  return [...sums]
    .map(([name, sum]) => ({ name, ...sum }))
    .filter(({ user, system }) => user + system > 0)
    .sort((a, b) => b.user + b.system - a.user - a.system);
}

/** Memory of a process that is in RAM. */
export function rssBytesOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

function secondsBetween(before: Usage, after: Usage): number {
  return (after.atMs - before.atMs) / 1000;
}

/** The second number of schedstat, in nanoseconds; 0 where the kernel keeps none. */
function waitedSeconds(path: string): number {
  const text = readWhileThere(path);
  return Number(text?.split(' ')[1] ?? 0) / 1e9;
}

/** Undefined when the thread has ended meanwhile. */
function statOf(path: string): (CpuTime & { readonly name: string }) | undefined {
  const stat = readWhileThere(path);
  if (stat === undefined) return undefined;
  // The name in parentheses may hold blanks; fields are counted behind it: utime is the 14th, stime the 15th.
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  return {
    name: stat.slice(stat.indexOf('(') + 1, end),
    user: Number(fields[11]) / ticksPerSecond,
    system: Number(fields[12]) / ticksPerSecond,
  };
}

function readWhileThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
