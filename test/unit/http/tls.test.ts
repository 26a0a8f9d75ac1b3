import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { copyFile, mkdtemp, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDoors } from '#src/auth/open.ts';
import { type Log, silentLog } from '#src/core/log.ts';
import { httpConfig } from '#src/http/config.ts';
import { type HttpServer, openHttpServer } from '#src/http/server.ts';
import { readTlsPair } from '#src/http/tls.ts';
import { type MadeCertificate, makeCertificate } from '#test/kit/certificates.ts';
import { Http2Client } from '#test/kit/http2-client.ts';
import { nothingBehind } from '#test/kit/nothing-behind.ts';
import { sessionRig } from '#test/kit/session-fakes.ts';
import { until } from '#test/kit/wait.ts';

const patience = { timeoutMs: 20_000, everyMs: 50 };
let folder: string;
let [one, two]: MadeCertificate[] = [];
let serving: MadeCertificate;
let server: HttpServer;
const said: string[] = [];
const log: Log = {
  ...silentLog,
  info: (_fields, sentence) => void said.push(sentence),
  error: (fields, sentence) => void said.push(`${sentence} ${JSON.stringify(fields)}`),
};

async function install({ certFile, keyFile }: MadeCertificate): Promise<void> {
  for (const [from, to] of [
    [keyFile, serving.keyFile],
    [certFile, serving.certFile],
  ] as const) {
    await rm(to, { force: true }); // a link would be written through
    await copyFile(from, to);
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-'));
  [one, two] = await Promise.all(['one', 'two'].map((name) => makeCertificate(folder, name)));
  serving = { certFile: join(folder, 'fullchain.pem'), keyFile: join(folder, 'privkey.pem') };
  await install(one!);
  const { deps } = sessionRig();
  const config = httpConfig.parse({
    port: 0,
    address: '127.0.0.1',
    tlsCertFile: serving.certFile,
    tlsKeyFile: serving.keyFile,
  });
  server = await openHttpServer({
    sessions: deps,
    access: openDoors(),
    ...nothingBehind,
    config: () => config,
    log,
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** The name on the certificate that a new connection is shown. */
async function served(options: object = {}): Promise<string> {
  const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
    return String(socket.getPeerCertificate().subject.CN);
  } finally {
    socket.destroy();
  }
}

/** One request over a connection that stays; gives the status, the Location and the connection. */
async function post(agent: Agent): Promise<{ status: number; location: string; socket: Duplex }> {
  const call = request({
    agent,
    port: server.port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/whip/a',
    headers: { 'Content-Type': 'application/sdp', Host: 'live.example.org' },
  });
  call.end('offer');
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const { socket, statusCode = 0, headers } = response;
  response.resume();
  await once(response, 'end');
  return { status: statusCode, location: headers.location ?? '', socket };
}

describe('the server', () => {
  test('speaks HTTPS, from TLS 1.2 on, and names itself so', async () => {
    expect(await served()).toBe('one');
    expect(await served({ ALPNProtocols: ['h2'] })).toBe('one');
    for (const version of ['TLSv1.2', 'TLSv1.3'])
      expect(await served({ minVersion: version, maxVersion: version })).toBe('one');
    await expect(
      served({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    ).rejects.toThrow();
    const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
    const { status, location } = await post(agent);
    expect(status).toBe(201);
    expect(location).toMatch(/^https:\/\/live\.example\.org\/whip\/a\//);
    agent.destroy();
  });

  test('takes a new pair for new connections, keeps the old one when the new one is no good, and drops nobody', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    const { socket } = await post(agent);
    await using http2 = await Http2Client.open(server.port);

    await install(two!);
    await until('the new certificate is shown', async () => (await served()) === 'two', patience);
    expect(said).toContain('a new TLS certificate is in use');
    expect(await served({ ALPNProtocols: ['h2'] })).toBe('two');

    await copyFile(one!.certFile, serving.certFile);
    await until('a bad pair is named', () => said.some((line) => line.includes('another key')), patience);
    await writeFile(serving.certFile, 'no certificate');
    await until('broken PEM is named', () => said.at(-1)?.includes('no good'), patience);
    expect(await served()).toBe('two');
    expect(said.join()).not.toContain((await readFile(two!.keyFile, 'utf8')).slice(30, 60));

    // As certbot does it: links that are replaced.
    for (const [link, target] of [
      [serving.keyFile, one!.keyFile],
      [serving.certFile, one!.certFile],
    ] as const) {
      await unlink(link);
      await symlink(target, link);
    }
    await until('the first is shown again', async () => (await served()) === 'one', patience);

    const later = await post(agent);
    expect([later.status, later.socket === socket]).toEqual([201, true]);
    expect((await http2.ask('/livez')).status).toBe(200);
    agent.destroy();
  });

  test('reads the files on SIGHUP', async () => {
    const before = said.length;
    await install(two!);
    process.emit('SIGHUP');
    await until('the new certificate is shown', async () => (await served()) === 'two', patience);
    expect(said.length).toBeGreaterThan(before);
  });
});

describe('a pair at start', () => {
  test.each([
    ['missing', () => ({ certFile: join(folder, 'nowhere.pem'), keyFile: one!.keyFile }), /nowhere\.pem/],
    ['of two halves', () => ({ certFile: one!.certFile, keyFile: two!.keyFile }), /another key/],
    ['that is no PEM', () => ({ certFile: join(folder, 'text'), keyFile: one!.keyFile }), /cannot be used/],
  ])('%s is refused with the reason', async (_, files, why) => {
    await writeFile(join(folder, 'text'), 'text');
    await expect(readTlsPair(files())).rejects.toMatchObject({
      code: 'tls-unusable',
      message: expect.stringMatching(why) as string,
    });
  });

  test('is two settings or none', () => {
    expect(httpConfig.safeParse({ tlsCertFile: 'a' }).success).toBe(false);
    expect(httpConfig.safeParse({ tlsKeyFile: 'a' }).success).toBe(false);
  });
});
