import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Failure } from '#src/core/failure.ts';
import { silentLog, type Log } from '#src/core/log.ts';
import { openMediaPlane } from '#src/media/worker-plane.ts';
import { EventLog, eventually } from './media-kit.ts';
import { framesOf, joinViewer, openPublication, TestPublisher } from './media-streams.ts';

describe('openMediaPlane', () => {
  it('forwards, taps and reports from a worker thread, and ends cleanly', async () => {
    const plane = await openMediaPlane({ port: 0, address: '127.0.0.1' }, silentLog);
    const events = new EventLog(plane);
    const publication = openPublication(plane);
    plane.send({ type: 'tap', publication, on: true });
    const publisher = await TestPublisher.join(plane, publication);
    const viewer = await joinViewer(plane, publication);
    // Joining is over when the answer to a check came, a command may still be on its way.
    await eventually('both peers in a report', () => events.of('report').at(-1)?.report.peers.length === 2);
    // Out of Buffer's pool, which must not change hands with the message.
    const record = Buffer.from([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9]);
    plane.send({ type: 'dtls-out', peer: viewer.id, datagram: record });
    await eventually('the DTLS datagram', () => viewer.dtls.length === 1);
    expect([viewer.dtls[0], record.length]).toEqual([record, 14]);
    const sent = [publisher.frame('key'), publisher.frame('delta')];
    await eventually('the frames', () => viewer.rtp.length === 2);
    expect(framesOf(viewer)).toEqual(sent);
    const tapped = (): string[] =>
      events
        .of('tap')
        .flatMap((event) =>
          event.packets.map((packet) => Buffer.from(packet.payload).toString('latin1', 40)),
        );
    await eventually('the tap', () => tapped().length === 2);
    expect(tapped()).toEqual(sent);
    await eventually('a report of the stream', () => {
      const report = events.of('report').at(-1)?.report;
      const layer = report?.publications[0]?.tracks[0]?.layers[0];
      return layer?.packets === 2 && layer.width === 640 && layer.height === 480 && layer.keyframes === 1;
    });
    await plane[Symbol.asyncDispose]();
    await plane[Symbol.asyncDispose]();
    expect(await plane.closed).toEqual({ by: 'owner' });
    plane.send({ type: 'close-publication', publication });
  });

  it('ends with the error when its thread dies', async () => {
    const started = new Promise<Worker>((resolve) => process.once('worker', resolve));
    const plane = await openMediaPlane({ port: 0, address: '127.0.0.1' }, silentLog);
    await (await started).terminate();
    const reason = await plane.closed;
    expect(reason).toMatchObject({ by: 'failure', error: expect.any(Error) as unknown });
    await plane[Symbol.asyncDispose]();
  });

  it('says which engine it took and why, once', async () => {
    const sentences: unknown[] = [];
    const log: Log = {
      ...silentLog,
      info: (fields, sentence) => sentences.push([fields['engine'], sentence]),
    };
    const plane = await openMediaPlane({ port: 0, address: '127.0.0.1' }, log);
    await eventually('the sentence', () => sentences.length > 0);
    await plane[Symbol.asyncDispose]();
    expect(sentences).toEqual([['native', 'media engine open']]);
  });

  it.each([true, false])('names the setting when the port is taken (inline: %s)', async (inline) => {
    const first = await openMediaPlane({ port: 0, address: '127.0.0.1', inline: true }, silentLog);
    const second = openMediaPlane({ port: first.port, address: '127.0.0.1', inline }, silentLog);
    await expect(second).rejects.toMatchObject({
      name: 'Failure',
      code: 'rtc-port-in-use',
      message: expect.stringContaining('FRONTROW_RTC__PORT') as unknown,
    });
    await expect(second).rejects.toBeInstanceOf(Failure);
    await first[Symbol.asyncDispose]();
  });

  it.each(['native', 'typescript'] as const)(
    'runs the %s engine in its thread when asked',
    async (engine) => {
      const plane = await openMediaPlane({ port: 0, engine }, silentLog);
      expect(plane.engine).toBe(engine);
      await plane[Symbol.asyncDispose]();
    },
  );
});
