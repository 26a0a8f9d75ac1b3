import { once } from 'node:events';
import { appendFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '#src/core/log.ts';
import type { VodFile } from '#src/core/record.ts';
import { sendProblem } from '#src/http/problem.ts';
import { sendFile } from '#src/http/send-file.ts';
import { type Answer, codeOf, exchange } from '#test/kit/hls-http.ts';

const life = new AsyncDisposableStack();
let folder: string;
let base: string;
let file: VodFile;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'send-file-'));
  life.defer(() => rm(folder, { recursive: true, force: true }));
  const app = express().disable('etag');
  app.use((_request, response) => sendFile(response, file, 'public, max-age=1'));
  app.use((error: unknown, _request: express.Request, response: express.Response, _next: unknown) =>
    sendProblem(error, response, silentLog),
  );
  const server = app.listen(0, '127.0.0.1');
  life.defer(() => void server.close());
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => life.disposeAsync());

function get(
  name: string,
  more: Partial<VodFile> = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const usual = { type: 'video/mp4', immutable: false, saveAs: undefined, sizeBytes: undefined };
  file = { path: join(folder, name), ...usual, ...more };
  return exchange(base, { headers });
}

describe('a file that grows', () => {
  test('is as long as what is whole of it, and every length is another version', async () => {
    await writeFile(join(folder, 'growing.mp4'), 'whole and half');
    const first = await get('growing.mp4', { sizeBytes: 5 });
    expect([first.body.toString(), first.headers['content-length']]).toEqual(['whole', '5']);
    expect(first.headers['last-modified']).toBeUndefined();
    await appendFile(join(folder, 'growing.mp4'), ' is whole now');
    const second = await get('growing.mp4', { sizeBytes: 27 });
    expect(second.headers.etag).not.toBe(first.headers.etag);
    const goesOn = { range: 'bytes=3-', 'if-range': first.headers.etag ?? '' };
    expect((await get('growing.mp4', { sizeBytes: 27 }, goesOn)).status).toBe(200);
    expect((await get('growing.mp4', { sizeBytes: 27 }, { range: 'bytes=27-' })).status).toBe(416);
  });

  test('may have nothing in it yet', async () => {
    await writeFile(join(folder, 'empty.mp4'), '');
    const answer = await get('empty.mp4');
    expect([answer.status, answer.headers['content-length'], answer.body.length]).toEqual([200, '0', 0]);
  });
});

test('what is saved is saved under its name, and a refusal is not', async () => {
  await writeFile(join(folder, 'download.mp4'), 'all of it');
  const saved = { immutable: true, saveAs: 'live.mp4' } as const;
  const answer = await get('download.mp4', saved);
  expect(answer.headers['content-disposition']).toBe('attachment; filename="live.mp4"');
  const refused = await get('download.mp4', saved, { 'if-match': '"other"' });
  expect([refused.status, codeOf(refused)]).toEqual([412, 'precondition-failed']);
  expect(refused.headers['content-disposition']).toBeUndefined();
});

test('links, folders and what is gone are not there', async () => {
  await writeFile(join(folder, 'secret'), 'secret');
  await symlink(join(folder, 'secret'), join(folder, 'link.mp4'));
  for (const name of ['link.mp4', '.', 'missing.mp4', 'secret/below.mp4']) {
    const answer = await get(name);
    expect([name, answer.status, codeOf(answer)]).toEqual([name, 404, 'recording-file-gone']);
    expect([answer.headers['cache-control'], answer.headers.etag]).toEqual(['no-store', undefined]);
  }
});
