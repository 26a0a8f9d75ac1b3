import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { DatagramIntake, DatagramSource, MediaEngine } from '#src/core/engine.ts';
import { NativeEngine } from '#src/media/engine/native.ts';
import { trustedAddon } from '#src/media/engine/select.ts';
import { TypescriptEngine } from '#src/media/engine/typescript.ts';
import { keysOf, Sink, until, weriftRtp } from './engine-kit.ts';
import { rewriteOf, send } from './engine-packets.ts';
import { describeEngine } from './engine-stories.ts';

const socket = { port: 0, recvBufferBytes: 1 << 20, sendBufferBytes: 1 << 20 };
// Never skipped: the set-up of the tests installs a compiler, and an engine that is not there is not right either.
const addon = trustedAddon();

type Open = (options: typeof socket & { address?: string }, intake: DatagramIntake) => Promise<MediaEngine>;

const engines: readonly (readonly [string, Open])[] = [
  ['typescript', (options, intake) => TypescriptEngine.open(options, intake)],
  [
    'native',
    (options, intake) => {
      if (typeof addon === 'string') throw new Error(addon);
      return NativeEngine.open(addon, options, intake);
    },
  ],
];

for (const [name, open] of engines) describeEngine(name, (intake) => open(socket, intake));

describe.each(engines)('%s engine, addresses', (_name, open) => {
  const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
    list?.some((entry) => entry.address === '::1'),
  );
  const addresses = [...(hasIpv6 ? (['::1'] as const) : []), '127.0.0.1'] as const;

  it.each(addresses)('hears and answers %s, bound to it alone or to all addresses', async (ip) => {
    for (const address of [ip, undefined]) {
      const heard: string[] = [];
      const intake = {
        datagram: (_bytes: Buffer, from: DatagramSource) => heard.push(from.ip),
        error: (error: Error) => {
          throw error;
        },
      };
      const engine = await open({ ...socket, ...(address === undefined ? {} : { address }) }, intake);
      const sink = await Sink.open(ip);
      sink.socket.send('hello', engine.port, ip);
      await until(() => heard.length === 1);
      expect(heard).toEqual([ip]);
      engine.sendRaw(sink.address, Buffer.from('welcome'));
      expect((await sink.take(1))[0]).toEqual(Buffer.from('welcome'));
      const keys = keysOf('aead-aes-128-gcm');
      const peer = engine.addPeer(keys, sink.address);
      send(engine, { payload: Buffer.from('media') }, [rewriteOf(peer, { sequence: 1, timestamp: 1 })]);
      const copy = weriftRtp(keys).decrypt((await sink.take(1))[0]!);
      expect(copy.subarray(12).toString()).toBe('media');
      await engine[Symbol.asyncDispose]();
    }
    Sink.closeAll();
  });

  it('refuses a port that somebody else has', async () => {
    const intake = { datagram: () => undefined, error: () => undefined };
    const first = await open({ ...socket, address: '127.0.0.1' }, intake);
    const second = open({ ...socket, address: '127.0.0.1', port: first.port }, intake);
    await expect(second).rejects.toMatchObject({ code: 'rtc-port-in-use' });
    await first[Symbol.asyncDispose]();
  });
});
