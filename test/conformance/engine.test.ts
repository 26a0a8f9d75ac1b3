import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { DatagramSource } from '#src/core/engine.ts';
import { TypescriptEngine } from '#src/media/engine/typescript.ts';
import { Sink, until } from './engine-kit.ts';
import { describeEngine } from './engine-stories.ts';

const socket = { port: 0, recvBufferBytes: 1 << 20, sendBufferBytes: 1 << 20 };

describeEngine('typescript', (intake) => TypescriptEngine.open(socket, intake));

describe('typescript engine, addresses', () => {
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
      const engine = await TypescriptEngine.open({ ...socket, address }, intake);
      const sink = await Sink.open(ip);
      sink.socket.send('hello', engine.port, ip);
      await until(() => heard.length === 1);
      expect(heard).toEqual([ip]);
      engine.sendRaw(sink.address, Buffer.from('welcome'));
      expect((await sink.take(1))[0]).toEqual(Buffer.from('welcome'));
      await engine[Symbol.asyncDispose]();
    }
    Sink.closeAll();
  });
});
