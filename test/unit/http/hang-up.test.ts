import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Log, silentLog } from '#src/core/log.ts';
import { httpConfig } from '#src/http/config.ts';
import { openDoors } from '#src/auth/open.ts';
import { type HttpServer, openHttpServer } from '#src/http/server.ts';
import { nothingBehind } from '#test/kit/nothing-behind.ts';
import { sessionRig, settle, streamName } from '#test/kit/session-fakes.ts';

const { deps, gateway } = sessionRig();
const config = httpConfig.parse({ port: 0, address: '127.0.0.1' });
const errors: string[] = [];
const log: Log = { ...silentLog, error: (_fields, sentence) => void errors.push(sentence) };
let server: HttpServer;

beforeAll(async () => {
  server = await openHttpServer({
    sessions: deps,
    access: openDoors(),
    ...nothingBehind,
    config: () => config,
    log,
  });
});
afterAll(() => server[Symbol.asyncDispose]());

/** Negotiation that lasts until the client is gone. */
function answerNobody(): { readonly begun: Promise<void>; readonly calledOff: Promise<void> } {
  const begun = Promise.withResolvers<undefined>();
  const calledOff = Promise.withResolvers<undefined>();
  gateway.ingest = (_offer: string, _publication?: unknown, signal?: AbortSignal) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        calledOff.resolve(undefined);
        reject(signal.reason as Error);
      });
      begun.resolve(undefined);
    });
  return { begun: begun.promise, calledOff: calledOff.promise };
}

test('a client that hangs up during negotiation calls it off, leaves no stream, and is no error of ours', async () => {
  const { begun, calledOff } = answerNobody();
  const call = request({
    port: server.port,
    path: '/whip/a',
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
  });
  call.on('error', () => undefined); // the reset that the next lines cause
  call.end('offer');
  await begun;
  call.destroy();
  await calledOff;
  await settle();
  expect(deps.streams.find(streamName('a'))).toBeUndefined();
  expect(errors).toEqual([]);
});
