import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDoors } from '#src/auth/open.ts';
import { Failure } from '#src/core/failure.ts';
import { silentLog } from '#src/core/log.ts';
import type { TimedTextDesk } from '#src/core/timed-text.ts';
import { httpConfig } from '#src/http/config.ts';
import { type HttpServer, openHttpServer } from '#src/http/server.ts';
import { nothingBehind } from '#test/kit/nothing-behind.ts';
import { sessionRig } from '#test/kit/session-fakes.ts';

const startMs = Date.UTC(2026, 10, 21, 20, 15);
/** What the desk was asked, as `stream text` or `stream id`. */
let asked: string[] = [];
/** Texts and ids that the desk refuses. */
const desk: TimedTextDesk = {
  caption(stream, { id, language, text }) {
    if (text.startsWith('late')) throw new Failure('gone', 'caption-too-late', 'too late');
    asked.push(`${stream} ${text}`);
    return { id: id ?? 'made', language, startMs, endMs: startMs + 2_000 };
  },
  dateRange(stream, { id, end }) {
    if (id === 'late') throw new Failure('gone', 'daterange-too-late', 'too late');
    asked.push(`${stream} ${id}`);
    return { id, startMs, endMs: end && 'durationMs' in end ? startMs + end.durationMs : undefined };
  },
};

let allowed = true;
let server: HttpServer;
let base: string;

beforeAll(async () => {
  const { deps: sessions } = sessionRig();
  const config = httpConfig.parse({ port: 0, address: '127.0.0.1' });
  const doors = openDoors();
  server = await openHttpServer({
    sessions,
    access: Object.assign(Object.create(doors) as typeof doors, {
      authorize(...request: Parameters<typeof doors.authorize>) {
        if (!allowed) throw new Failure('unauthorized', 'token-missing', 'no token');
        expect(request[0]).toMatchObject({ action: 'operate', stream: 'live' });
        return doors.authorize(...request);
      },
    }),
    timedText: desk,
    ...nothingBehind,
    config: () => config,
    log: silentLog,
  });
  base = `http://127.0.0.1:${server.port}/api/streams/live`;
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  asked = [];
  allowed = true;
});

const caption = { language: 'en', in: 'now', durationMs: 2_000, text: 'Hello' };

interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

async function post(path: string, body: string, type = 'application/json'): Promise<Answered> {
  const answer = await fetch(base + path, { method: 'POST', headers: { 'Content-Type': type }, body });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

describe('captions', () => {
  test('one is taken and told when it will be seen', async () => {
    const { status, body, headers } = await post('/captions', JSON.stringify({ ...caption, id: 'c1' }));
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(body).toEqual({
      ...{ id: 'c1', language: 'en' },
      ...{ start: '2026-11-21T20:15:00.000Z', end: '2026-11-21T20:15:02.000Z' },
    });
    expect(asked).toEqual(['live Hello']);
  });

  test.each(['application/x-ndjson', 'application/jsonl; charset=utf-8'])(
    'one on each line as %s',
    async (type) => {
      const lines = [caption, { ...caption, text: 'two' }].map((each) => JSON.stringify(each)).join('\n');
      const { status, body } = await post('/captions', lines, type);
      expect(status).toBe(201);
      expect(body).toMatchObject({ taken: [{ index: 0 }, { index: 1 }], refused: [] });
      expect(asked).toEqual(['live Hello', 'live two']);
    },
  );

  test('of several those that can be are taken; the others are named', async () => {
    const { status, body } = await post(
      '/captions',
      JSON.stringify([{ ...caption, text: 'late one' }, caption]),
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      taken: [{ index: 1, id: 'made' }],
      refused: [{ index: 0, code: 'caption-too-late', detail: 'too late' }],
    });
  });

  test('where none can be, that is the answer', async () => {
    const late = { ...caption, text: 'late' };
    for (const body of [late, [late, late]]) {
      const refused = await post('/captions', JSON.stringify(body));
      expect(refused).toMatchObject({ status: 410, body: { code: 'caption-too-late' } });
    }
  });

  test.each([
    ['text/plain', JSON.stringify(caption), 415, 'wrong-media-type'],
    ['application/json', '{', 400, 'bad-caption'],
    ['application/json', JSON.stringify({ ...caption, text: '' }), 400, 'bad-caption'],
    ['application/json', `"${'x'.repeat(70_000)}"`, 413, 'sdp-too-large'],
  ])('%s %.20s is refused with %i', async (type, body, status, code) => {
    expect(await post('/captions', body, type)).toMatchObject({ status, body: { code } });
    expect(asked).toEqual([]);
  });
});

describe('date ranges', () => {
  test('one is listed, with or without an end', async () => {
    const open = { id: 'goal', in: 'now' };
    expect(await post('/dateranges', JSON.stringify({ ...open, durationMs: 500 }))).toMatchObject({
      status: 201,
      body: { id: 'goal', start: '2026-11-21T20:15:00.000Z', end: '2026-11-21T20:15:00.500Z' },
    });
    expect(await post('/dateranges', JSON.stringify(open))).toMatchObject({
      status: 201,
      body: { end: null },
    });
    expect(asked).toEqual(['live goal', 'live goal']);
  });

  test.each([
    ['text/plain', JSON.stringify({ id: 'a', in: 'now' }), 415, 'wrong-media-type'],
    ['application/json', JSON.stringify({ id: 'a' }), 400, 'bad-daterange'],
    ['application/json', JSON.stringify({ id: 'late', in: 'now' }), 410, 'daterange-too-late'],
  ])('%s %s is refused with %i', async (type, body, status, code) => {
    expect(await post('/dateranges', body, type)).toMatchObject({ status, body: { code } });
    expect(asked).toEqual([]);
  });
});

test.each(['/captions', '/dateranges'])('%s is for operators, by POST', async (path) => {
  allowed = false;
  const body = JSON.stringify(path === '/captions' ? caption : { id: 'a', in: 'now' });
  expect(await post(path, body)).toMatchObject({ status: 401, body: { code: 'token-missing' } });
  const read = await fetch(base + path);
  expect([read.status, read.headers.get('allow')]).toEqual([405, 'OPTIONS, POST']);
  const preflight = await fetch(base + path, {
    method: 'OPTIONS',
    headers: { Origin: 'https://captioner.example', 'Access-Control-Request-Method': 'POST' },
  });
  expect(preflight.status).toBe(200);
});
