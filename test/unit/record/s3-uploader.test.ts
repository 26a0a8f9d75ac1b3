import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseStreamId, type StreamId } from '#src/core/ids.ts';
import { type Log, silentLog } from '#src/core/log.ts';
import { Catalog } from '#src/record/catalog.ts';
import { newRecordingId } from '#src/record/names.ts';
import { S3Store } from '#src/record/s3/store.ts';
import { Uploader } from '#src/record/s3/uploader.ts';
import { RecordingWriter } from '#src/record/writer.ts';
import { madeHead, madeSegment } from '#test/kit/record-segments.ts';
import { until } from '#test/kit/wait.ts';

const patience = { timeoutMs: 10_000, everyMs: 10 };
let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'uploader-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Puts a complete recording of a stream into the folder. */
async function recorded(name: string): Promise<{ readonly stream: StreamId; readonly id: string }> {
  const stream = parseStreamId(name) as StreamId;
  const id = newRecordingId(1_700_000_000_000);
  const writer = await RecordingWriter.open(root, { ...madeHead, stream, id });
  for (const kind of ['video', 'audio'] as const) await writer.append(madeSegment(kind, 0));
  await writer.end('ended', 1_700_000_002_000);
  return { stream, id };
}

/** A store that refuses what it is told to. */
class RefusingStore implements AsyncDisposable {
  readonly refused = new Set<string>();
  /** Content-Type by key. */
  readonly types = new Map<string, string>();
  readonly #server = createServer((request, response) => {
    request.resume().once('end', () => {
      const refused = [...this.refused].some((part) => request.url?.includes(part) === true);
      if (!refused) this.#take(request);
      response.writeHead(refused ? 403 : 200).end();
    });
  });

  async open(): Promise<S3Store> {
    await new Promise<void>((resolve) => void this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    const keys = { accessKeyId: 'id', secretAccessKey: 'secret', region: 'us-east-1' };
    return new S3Store({
      ...{ ...keys, endpoint: `http://127.0.0.1:${port}`, bucket: 'b', prefix: '', partBytes: 1e6 },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take({ url = '', headers }: IncomingMessage): void {
    this.types.set(url.slice(url.lastIndexOf('/') + 1), headers['content-type'] ?? '');
  }
}

test('a recording that the store refuses lets the others pass, and goes up when it is taken after all', async () => {
  const [bad, good, later] = [await recorded('bad'), await recorded('good'), await recorded('later')];
  await using front = new RefusingStore();
  front.refused.add('/bad/');
  const store = await front.open();
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (_, sentence) => void warnings.push(sentence) };
  const catalog = new Catalog(root, log, () => 'ours');
  await catalog.scan(() => false);
  const deps = { store, catalog, log, deleteLocal: false, retryMs: 50 };
  await using uploader = new Uploader(deps);
  const status = ({ stream, id }: typeof bad): string => {
    const entry = catalog.find(stream, id);
    return entry ? uploader.status(entry) : 'gone';
  };
  const add = ({ stream, id }: typeof bad): void => {
    const entry = catalog.find(stream, id);
    if (entry) uploader.add(entry);
  };
  add(bad);
  await until('it is refused', () => status(bad) === 'failed', patience);
  add(good);
  await until('the other is there', () => status(good) === 'done', patience);
  expect([status(bad), uploader.queued, uploader.totals.uploaded]).toEqual(['failed', 1, 1]);
  expect(warnings).toContain('an upload failed and is tried again');
  add(later);
  await until('and another', () => status(later) === 'done', patience);
  front.refused.clear();
  await until('it is taken', () => status(bad) === 'done', patience);
  expect([uploader.queued, uploader.totals.uploaded]).toEqual([0, 3]);
  expect(await readdir(join(root, bad.stream, bad.id))).toContain('uploaded.json');
  expect(Object.fromEntries(front.types)).toEqual({
    'v0_1.mp4': 'video/mp4',
    'a0_1.mp4': 'audio/mp4',
    'index.m3u8': 'application/vnd.apple.mpegurl',
    'v0.m3u8': 'application/vnd.apple.mpegurl',
    'a0.m3u8': 'application/vnd.apple.mpegurl',
    'index.jsonl': 'application/jsonl',
  });
});

test('a folder that is somebody else’s is left alone', async () => {
  const one = await recorded('one');
  await using front = new RefusingStore();
  front.refused.add('/one/');
  const store = await front.open();
  const catalog = new Catalog(root, silentLog, () => 'ours');
  await catalog.scan(() => false);
  const deps = { store, catalog, log: silentLog, deleteLocal: false, retryMs: 100_000 };
  await using uploader = new Uploader(deps);
  const entry = catalog.find(one.stream, one.id);
  if (entry) uploader.add(entry);
  await until('it failed', () => uploader.totals.uploadErrors === 1, patience);
  uploader.clear();
  expect(uploader.queued).toBe(0);
});
