import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runFfmpeg } from '#src/record/ffmpeg.ts';

/** FFmpeg, which first waits for the limit of its address space and writes down how it was called and what it may have. */
const witness = `#!/bin/sh
case "$*" in *-lavfi*|*color=*)
  cd "$(dirname "$0")"
  echo "$@" > arguments
  for _ in $(seq 200); do grep -q 'Max address space *unlimited' /proc/$$/limits || break; sleep 0.05; done
  cat /proc/$$/limits > limits
esac
exec ffmpeg "$@"
`;

test('FFmpeg for files has one thread for each step, a bounded memory and no other protocols', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ffmpeg-'));
  try {
    const path = join(folder, 'ffmpeg');
    await writeFile(path, witness, { mode: 0o700 });
    await runFfmpeg({
      path,
      inputs: [{ file: 'color=size=64x64:duration=1', options: ['-f', 'lavfi'] }],
      output: { file: join(folder, 'out.jpg'), options: ['-frames:v', '1', '-f', 'image2', '-y'] },
      timeoutMs: 60_000,
      signal: AbortSignal.timeout(60_000),
    });
    expect((await readFile(join(folder, 'out.jpg'))).length).toBeGreaterThan(100);
    const [input = '', output = ''] = (await readFile(join(folder, 'arguments'), 'utf8')).split('color=');
    expect(input).toContain('-protocol_whitelist file');
    expect(input).toContain('-threads 1');
    expect(output).toContain('-threads 1 -filter_threads 1 -filter_complex_threads 1');
    const limits = await readFile(join(folder, 'limits'), 'utf8');
    expect(limits).toMatch(/Max address space +3221225472 +3221225472/);
    expect(limits).toMatch(/Max core file size +0 +0/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
