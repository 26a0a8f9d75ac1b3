import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { SrtpKeys } from '#src/core/plane.ts';
import { makeCertificate } from '#src/rtc/certificate.ts';
import { DtlsClientSession } from '#src/rtc/dtls-client.ts';
import { until } from '#test/kit/wait.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dtls-openssl-'));
});
afterAll(() => rm(folder, { recursive: true }));

const waitMs = 15_000;
const address = '127.0.0.1';

/** OpenSSL's own DTLS server, which prints what it exports for SRTP. */
async function openServer(newKey: readonly string[], words: readonly string[]) {
  const [cert, key] = [join(folder, `${newKey[0]}.pem`), join(folder, `${newKey[0]}.key`)];
  const made = ['-newkey', ...newKey, '-nodes', '-keyout', key, '-out', cert, '-subj', '/CN=server'];
  await promisify(execFile)('openssl', ['req', '-x509', '-days', '2', ...made], { timeout: waitMs });
  const srtp = ['-use_srtp', 'SRTP_AES128_CM_SHA1_80', '-keymatexport', 'EXTRACTOR-dtls_srtp'];
  const process = spawn('openssl', [
    ...['s_server', '-dtls1_2', '-accept', `${address}:0`, '-cert', cert, '-key', key],
    ...[...srtp, '-keymatexportlen', '60', ...words],
  ]);
  let printed = '';
  for (const stream of [process.stdout, process.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void (printed += text));
  const find = (what: string, pattern: RegExp): Promise<string> =>
    until(what, () => pattern.exec(printed)?.[1], { timeoutMs: waitMs, everyMs: 20, detail: () => printed });
  return {
    port: Number(await find('the server listens', /^ACCEPT .*:(\d+)$/m)),
    value: new X509Certificate(await readFile(cert)).fingerprint256,
    exported: () => find('the server exports its keys', /Keying material: ([0-9A-F]+)/),
    async [Symbol.asyncDispose]() {
      const exited = once(process, 'exit');
      process.kill();
      await exited;
    },
  };
}

it.each([
  ['an RSA certificate and a cookie', ['rsa:2048'], ['-listen']],
  ['P-256 alone, small datagrams and a wish for our certificate', p256(), ['-mtu', '300', '-Verify', '1']],
])('OpenSSL with %s agrees on the keys of media', async (_what, newKey, words) => {
  await using server = await openServer(newKey, words);
  const socket = createSocket('udp4');
  try {
    const keys = Promise.withResolvers<SrtpKeys>();
    using client = new DtlsClientSession(
      await makeCertificate(),
      [{ algorithm: 'sha-256', value: server.value }],
      {
        send: (datagram) => socket.send(datagram, server.port, address),
        secured: keys.resolve,
        failed: keys.reject,
        closed: () => undefined,
      },
    );
    socket.on('message', (datagram) => client.receive(datagram));
    client.begin();
    const { localKey, remoteKey, localSalt, remoteSalt } = await keys.promise;
    const ours = Buffer.concat([localKey, remoteKey, localSalt, remoteSalt]);
    expect(ours.toString('hex').toUpperCase()).toBe(await server.exported());
  } finally {
    socket.close();
  }
});

function p256(): readonly string[] {
  return ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
}
