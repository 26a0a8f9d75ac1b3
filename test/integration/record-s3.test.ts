import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { S3Store } from '#src/record/s3/store.ts';
import { startFfmpegEpoch } from '#test/kit/hls-ffmpeg.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { streamId } from '#test/kit/hls-rig.ts';
import { openRecordRig, type RecordRig } from '#test/kit/record-rig.ts';
import { type S3Server, startS3Server } from '#test/kit/s3-server.ts';
import { until } from '#test/kit/wait.ts';

const run = promisify(execFile);
const live = streamId('live');
const partBytes = 5 * 1024 * 1024;
const life = new AsyncDisposableStack();
let server: S3Server;

beforeAll(async () => {
  server = life.use(await startS3Server());
});
afterAll(() => life.disposeAsync());

const storeOf = (prefix: string, secretAccessKey = server.secretAccessKey): S3Store => {
  const { endpoint, bucket, accessKeyId } = server;
  const keys = { accessKeyId, secretAccessKey, region: 'us-east-1' };
  return new S3Store({ ...keys, endpoint, bucket, prefix, partBytes });
};

/** What the store has under the whole of a key. */
async function objectOf(key: string): Promise<Buffer> {
  const answer = await fetch(storeOf('').readableUrl(key, 60));
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}

describe('an object store', () => {
  test.each([100, partBytes, 2 * partBytes + 12_345])('takes a file of %i bytes as it is', async (size) => {
    const folder = await mkdtemp(join(tmpdir(), 'upload-'));
    try {
      const bytes = randomBytes(size);
      await writeFile(join(folder, 'file'), bytes);
      const key = `some where/file (${size})'s.mp4`;
      const store = storeOf('node1/');
      await store.putFile(key, join(folder, 'file'), AbortSignal.timeout(30_000));
      expect((await objectOf(`node1/${key}`)).equals(bytes)).toBe(true);
      const link = await fetch(store.readableUrl(key, 60));
      expect(link.status).toBe(200);
      expect(Buffer.from(await link.arrayBuffer()).equals(bytes)).toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('that refuses is quoted', async () => {
    const store = storeOf('refused/', 'not the one');
    await expect(store.putBytes('x', Buffer.from('x'), AbortSignal.timeout(10_000))).rejects.toThrow(
      /403 SignatureDoesNotMatch/,
    );
    expect(await server.keys('refused/')).toEqual([]);
  });

  test('gives an object to its own link alone', async () => {
    const store = storeOf('links/');
    for (const key of ['one', 'two'])
      await store.putBytes(key, Buffer.from(key), AbortSignal.timeout(10_000));
    const link = store.readableUrl('one', 60);
    const refused = [
      link.replace('/one?', '/two?'),
      link.replace('Expires=60', 'Expires=600'),
      link.split('?')[0] ?? '',
      storeOf('links/', 'not the one').readableUrl('one', 60),
      store.readableUrl('one', -1),
    ];
    for (const url of refused) expect((await fetch(url)).status, url).toBe(403);
    expect(await (await fetch(link)).text()).toBe('one');
  });
});

async function openRig(directory: string, s3DeleteLocal: boolean): Promise<RecordRig> {
  const { endpoint: s3Endpoint, bucket: s3Bucket, accessKeyId, secretAccessKey } = server;
  const s3 = { s3Endpoint, s3Bucket, s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey };
  return openRecordRig({
    directory,
    record: { ...s3, s3DeleteLocal, s3RetryMs: 100, thumbnails: false, directory },
  });
}

async function record(rig: RecordRig): Promise<string> {
  const packager = rig.origin.packager(live);
  await using source = startFfmpegEpoch(1, { rate: 4 });
  packager.accept(source.epoch);
  await until('segments are recorded', () => rig.desk.report.segmentsWritten >= 6, { timeoutMs: 30_000 });
  packager.finish();
  return await until(
    'it is complete',
    () => rig.desk.list(live).find(({ state }) => state === 'complete')?.id,
    {
      timeoutMs: 10_000,
    },
  );
}

test('a recording goes up though the store fails and the node restarts, and plays from there', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'recordings-'));
  try {
    await server.stop();
    let id = '';
    {
      await using rig = await openRig(directory, true);
      id = await record(rig);
      await until('an upload failed', () => rig.desk.report.uploadErrors > 1, { timeoutMs: 20_000 });
      expect(rig.desk.find(live, id)?.upload).toMatch(/waiting|uploading|failed/);
      expect(rig.desk.report.uploadQueue).toBe(1);
    }
    await using rig = await openRig(directory, true);
    await server.start();
    await until('it is uploaded', () => rig.desk.find(live, id)?.upload === 'done', {
      timeoutMs: 30_000,
      detail: () => [rig.desk.list(), rig.warnings],
    });
    expect(rig.desk.report).toMatchObject({ uploaded: 1, uploadQueue: 0 });
    expect((await readdir(join(directory, 'live', id))).toSorted()).toEqual(['index.jsonl', 'uploaded.json']);
    const names = ['a0.m3u8', 'a0_1.mp4', 'index.jsonl', 'index.m3u8', 'v0.m3u8', 'v0_1.mp4', 'v0i.m3u8'];
    const objects = await server.keys(`live/${id}/`);
    expect(objects.toSorted()).toEqual(names.map((name) => `live/${id}/${name}`));
    const media = await exchange(`${rig.base}/vod/live/${id}/v0_1.mp4`);
    expect(media.status).toBe(302);
    expect(media.headers.location).toContain(server.endpoint);
    const url = `${rig.base}/vod/live/${id}/index.m3u8`;
    // It says so as an error when a redirect leads to another host.
    const alone = ['-http_persistent', '0'];
    const decode = ['-v', 'error', '-xerror', ...alone, '-i', url, '-f', 'null', '-'];
    expect((await run('ffmpeg', decode, { timeout: 30_000 })).stderr).toBe('');
    // The bucket stands on its own.
    const playlist = String(await objectOf(`live/${id}/v0.m3u8`));
    expect(playlist).toContain('#EXT-X-ENDLIST');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
