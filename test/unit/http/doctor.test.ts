import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finding } from '#src/core/finding.ts';
import { openDoors } from '#src/auth/open.ts';
import { silentLog } from '#src/core/log.ts';
import { httpConfig } from '#src/http/config.ts';
import { openHttpServer, type HttpServer } from '#src/http/server.ts';
import { sessionRig } from '#test/kit/session-fakes.ts';

const rig = sessionRig();
const bFrames: Finding = {
  ...{ code: 'b-frames', severity: 'problem', kind: 'video', message: 'Bad.', advice: 'Mend it.' },
  ...{ since: '2026-01-01T00:00:00.000Z', evidence: { reorderFrames: 2 } },
};
let server: HttpServer;
let base = '';

beforeAll(async () => {
  server = await openHttpServer({
    sessions: rig.deps,
    access: openDoors(),
    snapshot: () => {
      throw new Error('nobody asks');
    },
    readiness: () => ({ ready: true, problems: [] }),
    metrics: () => Promise.resolve({ type: 'text/plain', text: '' }),
    hls: { handle: () => false },
    config: () => httpConfig.parse({ port: 0, address: '127.0.0.1' }),
    log: silentLog,
  });
  base = `http://127.0.0.1:${server.port}`;
});
afterAll(() => server[Symbol.asyncDispose]());

async function publish(stream: string, userAgent = 'ffmpeg'): Promise<Response> {
  const headers = { 'content-type': 'application/sdp', 'user-agent': userAgent };
  return fetch(`${base}/whip/${stream}`, { method: 'POST', headers, body: 'good' });
}

function doctorUrl(response: Response): string {
  return /<([^>]+)>; rel="urn:frontrow:whip:doctor"/.exec(response.headers.get('link') ?? '')?.[1] ?? '';
}

test('a publisher is told where its doctor is, and reads its findings there', async () => {
  const url = doctorUrl(await publish('a'));
  expect(url).toMatch(/\/whip\/a\/[\w-]{22}\/doctor$/);
  const [doctor] = rig.doctors;
  if (!doctor) throw new Error('no doctor');
  expect(doctor.patients).toEqual([expect.objectContaining({ userAgent: 'ffmpeg' })]);
  expect(await (await fetch(url)).json()).toEqual({ stream: 'a', leads: true, findings: [] });
  doctor.findings = [bFrames];
  expect(await (await fetch(url)).json()).toEqual({ stream: 'a', leads: true, findings: [bFrames] });
});

test('OBS gets no link, since it takes links for ICE servers, and an unknown session has no doctor', async () => {
  const answer = await publish('obs', 'Mozilla/5.0 (OBS-Studio/32.2.2; Linux x86_64; en-US)');
  expect([answer.status, answer.headers.get('link')]).toEqual([201, null]);
  const location = answer.headers.get('location') ?? '';
  expect((await fetch(`${location}/doctor`)).status).toBe(200);
  expect((await fetch(`${base}/whip/obs/AAAAAAAAAAAAAAAAAAAAAA/doctor`)).status).toBe(404);
  expect((await fetch(`${location}/doctor`, { method: 'POST' })).status).toBe(405);
});

test('findings come as events when they change, and no session has readers without end', async () => {
  const url = doctorUrl(await publish('events'));
  const doctor = rig.doctors.at(-1);
  const away = new AbortController();
  const open = (): Promise<Response> =>
    fetch(url, { headers: { accept: 'text/event-stream' }, signal: away.signal });
  const first = await open();
  expect(first.headers.get('content-type')).toBe('text/event-stream');
  const reader = first.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toContain('"findings":[]');
  if (doctor) doctor.findings = [bFrames];
  const second = (await reader?.read())?.value ?? '';
  expect(second).toMatch(/^event: findings\ndata: \{.*"b-frames".*\}\n\n$/);
  await Promise.all([open(), open(), open()]);
  expect((await open()).status).toBe(503);
  const { peers } = rig.gateway;
  await peers.at(-1)?.[Symbol.asyncDispose]();
  expect((await reader?.read())?.done).toBe(true);
  away.abort();
});
