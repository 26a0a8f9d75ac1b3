import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { stretch } from '#test/kit/wait.ts';

const script = fileURLToPath(new URL('../kit/record-process.ts', import.meta.url));

/** The first line that it says, as JSON. */
async function firstWord(child: ChildProcess): Promise<unknown> {
  if (!child.stdout) throw new Error('no output to read');
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line', { signal: AbortSignal.timeout(90_000) })) as [string];
  return JSON.parse(line);
}

test('a disk that is read-only keeps live from nothing, says why, and is written to within 5 s of being writable', async () => {
  const mount = `mount -t tmpfs -o size=16m,ro none /mnt && exec "$0" '${script}' /mnt --read-only`;
  const child = spawn('unshare', ['-rm', 'sh', '-c', mount, process.execPath], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const told = await firstWord(child);
    expect(told).toMatchObject({ before: 0, live: 200 });
    expect(told).toHaveProperty('problem', expect.stringContaining('EROFS'));
    const { resumedAfterMs } = told as { readonly resumedAfterMs: number };
    // A second and a half of media, and what the machine takes beside.
    expect(resumedAfterMs).toBeLessThan(5_000 * stretch());
  } finally {
    child.kill('SIGKILL');
  }
}, 120_000);
