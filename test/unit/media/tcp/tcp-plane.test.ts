import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { nextPeerId, nextPublicationId } from '#src/core/ids.ts';
import { silentLog } from '#src/core/log.ts';
import type { MediaPlane, PlaneCommand, PlaneEvent } from '#src/core/plane.ts';
import { PlaneProxy } from '#src/media/plane-proxy.ts';
import { openTcpPlane, type TcpOptions } from '#src/media/tcp/tcp-plane.ts';

class FakePlane extends PlaneProxy {
  readonly engine = 'typescript';
  readonly port: number;
  readonly told: PlaneCommand[] = [];

  constructor(port: number) {
    super();
    this.port = port;
  }

  override get ports(): readonly number[] {
    return [this.port, this.port + 1];
  }

  send(command: PlaneCommand): void {
    this.told.push(command);
  }

  override place(): number {
    return this.port + 1;
  }

  raise(event: PlaneEvent): void {
    this.tell(event);
  }

  die(error: Error): Promise<void> {
    return this.life.end({ by: 'failure', error });
  }
}

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function open(
  port: TcpOptions['port'],
  { udpPort = 40_000, anyPort = true } = {},
): Promise<{ inner: FakePlane; plane: MediaPlane }> {
  const inner = new FakePlane(udpPort);
  const facts = { anyPort, inline: true, address: '127.0.0.1' };
  const plane = await openTcpPlane(inner, { port, ...facts }, silentLog);
  opened.push(plane);
  return { inner, plane };
}

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({ [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

test('is the plane that it stands in front of, and passes every command on in order', async () => {
  const { inner, plane } = await open(0);
  const peer = nextPeerId();
  const publication = nextPublicationId();
  const local = { ufrag: 'u', password: 'p' };
  expect([plane.port, plane.ports, plane.engine]).toEqual([40_000, [40_000, 40_001], 'typescript']);
  expect(plane.tcpPort).toBeGreaterThan(0);
  expect(plane.place(peer, publication, 'viewer')).toBe(40_001);
  const commands: PlaneCommand[] = [
    { type: 'open-publication', publication },
    { type: 'add-peer', peer, local, remote: local },
    { type: 'restart-ice', peer, local: { ufrag: 'v', password: 'q' }, remote: local },
    { type: 'remove-peer', peer },
  ];
  for (const command of commands) plane.send(command);
  expect(inner.told).toEqual(commands);
  const events: PlaneEvent[] = [];
  plane.listen((event) => events.push(event));
  const event: PlaneEvent = { type: 'peer-gone', peer, reason: 'silent' };
  inner.raise(event);
  expect(events).toEqual([event]);
});

test('ends with the plane, and takes it along', async () => {
  const first = await open(0);
  const error = new Error('the thread died');
  await first.inner.die(error);
  expect(await first.plane.closed).toEqual({ by: 'failure', error });
  first.plane.send({ type: 'open-publication', publication: nextPublicationId() });
  expect(first.inner.told).toEqual([]);

  const second = await open(0);
  await second.plane[Symbol.asyncDispose]();
  expect(await second.inner.closed).toEqual({ by: 'owner' });
});

test('the number of the UDP port, or any where nobody chose that one either', async () => {
  const port = await takenPort();
  const { plane } = await open('same', { udpPort: port, anyPort: true });
  expect(plane.tcpPort).not.toBe(port);
  const inner = new FakePlane(port);
  const facts = { anyPort: false, inline: true, address: '127.0.0.1' };
  await expect(openTcpPlane(inner, { port: 'same', ...facts }, silentLog)).rejects.toMatchObject({
    code: 'rtc-tcp-port-in-use',
  });
  expect(await inner.closed).toEqual({ by: 'owner' });
});
