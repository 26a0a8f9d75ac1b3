import { randomBytes } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { errorCode } from '#src/core/error-code.ts';

const ownerText = z.object({
  pid: z.int().min(1),
  host: z.string().max(255),
  /** ISO 8601. */
  startedAt: z.string().max(40),
  /** Within it process ids mean the same: one boot of one machine, one PID namespace of it. */
  place: z.string().max(300),
  /** When the process began, as the kernel counts it; empty where that cannot be known. Process ids are used again. */
  birth: z.string().max(40),
  /** This owner and no other. */
  token: z.string().max(64),
});

/** Who holds a folder, as its lock file says. */
export type LockOwner = z.infer<typeof ownerText>;

/** This process, as one that may hold a folder. */
export async function ourselves(): Promise<LockOwner> {
  return {
    pid: process.pid,
    host: hostname(),
    startedAt: new Date().toISOString(),
    place: await ourPlace(),
    birth: (await birthOf(process.pid)) ?? '',
    token: randomBytes(12).toString('hex'),
  };
}

/** What a lock file says; undefined for one that is not whole. */
export function readOwner(text: string): LockOwner | undefined {
  try {
    return ownerText.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether the process of an owner is over; undefined where that cannot be told from here, on another machine for example. */
export async function hasEnded(owner: LockOwner, self: LockOwner): Promise<boolean | undefined> {
  if (owner.place !== self.place) return undefined;
  // Somebody else within this very process.
  if (owner.pid === self.pid && owner.birth === self.birth) return undefined;
  if (!isRunning(owner.pid)) return true;
  const birth = await birthOf(owner.pid);
  return birth === undefined ? undefined : birth !== owner.birth;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, and is not ours (EPERM).
    if (errorCode(error) === 'ESRCH') return false;
    if (errorCode(error) === 'EPERM') return true;
    throw error;
  }
}

async function ourPlace(): Promise<string> {
  const [boot, namespace] = await Promise.all([
    onLinux(() => readFile('/proc/sys/kernel/random/boot_id', 'utf8')),
    onLinux(() => readlink('/proc/self/ns/pid')),
  ]);
  if (boot === undefined || namespace === undefined) return `${process.platform} ${hostname()}`;
  return `${boot.trim()} ${namespace}`;
}

/** When a process began (proc(5): field 22 of stat), or that it is dead and not buried; undefined where nobody tells. */
async function birthOf(pid: number): Promise<string | undefined> {
  const stat = await onLinux(() => readFile(`/proc/${pid}/stat`, 'utf8'));
  // Its name, in brackets, may hold anything.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined) return undefined;
  return fields[0] === 'Z' || fields[0] === 'X' ? 'dead' : fields[19];
}

/** What the kernel tells of processes; undefined on systems, and of processes, of which it tells nothing. */
async function onLinux(read: () => Promise<string>): Promise<string | undefined> {
  try {
    return await read();
  } catch (error) {
    if (errorCode(error) !== undefined) return undefined;
    throw error;
  }
}
