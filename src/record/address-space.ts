import { execFile } from 'node:child_process';

const timeoutMs = 2_000;

/**
 * Has the kernel refuse a running process more address space than this (RLIMIT_AS), and keep it from writing core dumps. False
 * where there is no prlimit (util-linux), or no such process any more.
 */
export function limitAddressSpace(pid: number, limitBytes: number): Promise<boolean> {
  const args = [`--pid=${pid}`, `--as=${limitBytes}:${limitBytes}`, '--core=0:0'];
  return new Promise((resolve) => {
    execFile('prlimit', args, { timeout: timeoutMs }, (error) => resolve(error === null));
  });
}
