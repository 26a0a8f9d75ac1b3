import { execFile } from 'node:child_process';

/** Address space that is no memory yet: program code, libraries, stacks of threads, buffers of hardware drivers. */
const overheadBytes = 2 * 1024 ** 3;
const timeoutMs = 2_000;

/**
 * Has the kernel refuse a running process more address space (RLIMIT_AS), in case it grows faster than anyone looks; it
 * writes no core dumps either. Where there is no prlimit (util-linux), false: looking is then all there is.
 */
export function limitAddressSpace(pid: number, memoryLimitBytes: number): Promise<boolean> {
  const limitBytes = String(memoryLimitBytes + overheadBytes);
  const args = [`--pid=${String(pid)}`, `--as=${limitBytes}:${limitBytes}`, '--core=0:0'];
  return new Promise((resolve) => {
    execFile('prlimit', args, { timeout: timeoutMs }, (error) => resolve(error === null));
  });
}
