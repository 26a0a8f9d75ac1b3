import { once } from 'node:events';
import { createServer } from 'node:net';

/** A TCP port of loopback that is free now, or the wanted one; rejects when that is taken. */
export async function freeTcpPort(wanted = 0): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}
