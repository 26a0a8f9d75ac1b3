import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { RecordingStatus } from '#src/core/record.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { streamId } from '#test/kit/hls-rig.ts';
import { openRecordRig } from '#test/kit/record-rig.ts';
import { stretch } from '#test/kit/wait.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../kit/record-process.ts', import.meta.url));

async function* messagesOf(child: ChildProcess): AsyncGenerator<Record<string, unknown>> {
  if (!child.stdout) throw new Error('no output to read');
  for await (const line of createInterface({ input: child.stdout }))
    yield JSON.parse(line) as Record<string, unknown>;
}

async function nextOf(messages: AsyncGenerator<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const next = await messages.next();
  if (next.done === true) throw new Error('the recording process ended');
  return next.value;
}

test('what was complete when the process was killed can be played after the next start', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'recordings-'));
  const child = spawn(process.execPath, [script, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  try {
    const { written, id } = await nextOf(messagesOf(child));
    child.kill('SIGKILL');
    await exited;
    await using rig = await openRecordRig({ directory, record: { thumbnails: false } });
    const [recording] = rig.desk.list();
    expect(recording).toMatchObject({ id, state: 'complete', discontinuities: 0 });
    const url = `${rig.base}/vod/live/${String(id)}`;
    let listed = 0;
    for (const name of ['v0', 'a0']) {
      const playlist = await exchange(`${url}/${name}.m3u8`);
      const text = playlist.body.toString();
      expect(text).toContain('#EXT-X-ENDLIST');
      listed += text.match(/#EXTINF/g)?.length ?? 0;
      const decode = ['-v', 'error', '-xerror', '-i', `${url}/${name}.m3u8`, '-f', 'null', '-'];
      expect((await run('ffmpeg', decode, { timeout: 30_000 })).stderr).toBe('');
      // The file alone has nothing half-written at its end either.
      const file = join(directory, 'live', String(id), `${name}_1.mp4`);
      await run('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-f', 'null', '-'], { timeout: 30_000 });
    }
    expect(listed).toBeGreaterThanOrEqual(Number(written));
    expect((await exchange(`${url}.mp4`)).status).toBe(200);
    await rig.desk.remove(streamId('live'), String(id));
    expect((await exchange(`${url}/index.m3u8`)).status).toBe(404);
  } finally {
    child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
});

describe('a disk that is full', () => {
  test('stops the recording with a reason, live goes on, and it resumes within 5 s of having room', async () => {
    const mount = `mount -t tmpfs -o size=4m none /mnt && exec "$0" '${script}' /mnt --fill`;
    const child = spawn('unshare', ['-rm', 'sh', '-c', mount, process.execPath], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const messages = messagesOf(child);
      await nextOf(messages);
      const full = await nextOf(messages);
      expect(full).toMatchObject({ state: 'paused', lost: 0, live: 200 });
      expect(full['problem']).toContain('ENOSPC');
      expect(full['resumedAfterMs']).toBeLessThan(5_000 * stretch());
      const ended = await nextOf(messages);
      const recording = ended['recording'] as RecordingStatus;
      expect(recording).toMatchObject({ state: 'complete', discontinuities: 1 });
      expect(String(ended['text']).match(/#EXT-X-DISCONTINUITY$/gm)).toHaveLength(1);
      expect(String(ended['text'])).toContain('#EXT-X-ENDLIST');
    } finally {
      child.kill('SIGKILL');
    }
  });
});
