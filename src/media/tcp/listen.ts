import { once } from 'node:events';
import type { Server } from 'node:net';
import { errorCode } from '#src/core/error-code.ts';
import { Failure } from '#src/core/failure.ts';
import type { RelaySettings } from './relay-messages.ts';

/** Listens where it was told and gives the port. Throws Failure `rtc-tcp-port-in-use` or `rtc-tcp-port-refused`. */
export async function listen(
  server: Server,
  { port, orAnyPort, address }: Pick<RelaySettings, 'port' | 'orAnyPort' | 'address'>,
): Promise<number> {
  try {
    return await listenAt(server, port, address);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EADDRINUSE' && orAnyPort) return await listenAt(server, 0, address);
    if (code === 'EADDRINUSE') throw portInUse(port);
    if (code === 'EACCES') throw portRefused(port);
    throw error;
  }
}

async function listenAt(server: Server, port: number, address: string | undefined): Promise<number> {
  const listening = once(server, 'listening');
  server.listen({ port, ...(address !== undefined && { host: address }) });
  await listening;
  const bound = server.address();
  if (bound === null || typeof bound === 'string')
    throw new Error('a TCP port was opened that has no number');
  return bound.port;
}

function portInUse(port: number): Failure {
  return new Failure(
    'unavailable',
    'rtc-tcp-port-in-use',
    `TCP port ${port} (WebRTC for clients whose UDP is blocked) is in use by another process; choose another with FRONTROW_RTC__TCP_PORT, or set it to off`,
  );
}

function portRefused(port: number): Failure {
  return new Failure(
    'unavailable',
    'rtc-tcp-port-refused',
    `TCP port ${port} (WebRTC for clients whose UDP is blocked) needs more rights than we have; set FRONTROW_RTC__TCP_PORT to 1024 or more, or to off`,
  );
}
