import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { openDoors } from '#src/auth/open.ts';
import { silentLog } from '#src/core/log.ts';
import { httpConfig } from '#src/http/config.ts';
import { openHttpServer } from '#src/http/server.ts';
import { makeCertificate } from '#test/kit/certificates.ts';
import { nothingBehind } from '#test/kit/nothing-behind.ts';
import { sessionRig } from '#test/kit/session-fakes.ts';
import { stretch } from '#test/kit/wait.ts';

/** A TLS record that announces a ClientHello of 512 bytes, and its first byte. */
const beginning = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);

it('clients that never finish, or never begin, their TLS handshake are cut', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guards-tls-'));
  try {
    const { certFile, keyFile } = await makeCertificate(folder, 'localhost');
    const files = { tlsCertFile: certFile, tlsKeyFile: keyFile };
    const config = httpConfig.parse({ port: 0, address: '127.0.0.1', ...files });
    await using server = await openHttpServer({
      sessions: sessionRig().deps,
      access: openDoors(),
      ...nothingBehind,
      config: () => config,
      log: silentLog,
    });
    const startedMs = performance.now();
    await Promise.all(
      Array.from({ length: 100 }, async (_, number) => {
        const socket = connect(server.port, '127.0.0.1');
        socket.on('error', () => undefined); // a reset is one way to be cut
        if (number % 2 === 0) socket.write(beginning);
        await new Promise((resolve) => socket.once('close', resolve));
      }),
    );
    expect(performance.now() - startedMs).toBeLessThan(20_000 * stretch());
  } finally {
    await rm(folder, { recursive: true });
  }
});
