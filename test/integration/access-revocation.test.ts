import { writeFile } from 'node:fs/promises';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { exchange, problemOf } from '#test/kit/http-exchange.ts';
import { bearer, TokenClient } from '#test/kit/token-client.ts';
import { until } from '#test/kit/wait.ts';
import { configText, GuardedGateway, keys, secret } from './access-kit.ts';

const life = new AsyncDisposableStack();
let guarded: GuardedGateway;
beforeAll(async () => {
  guarded = life.use(await GuardedGateway.start());
});
afterAll(() => life.disposeAsync());

const publisherOf = async (stream: string): Promise<unknown> => {
  const answer = await guarded.ask(`/api/streams/${stream}`, 'GET', keys.operator);
  return answer.status === 200 ? (JSON.parse(answer.body) as { publisher: unknown }).publisher : null;
};

describe('what is taken back', () => {
  /** Generous towards a busy machine, and still what was promised. */
  const endsWithinMs = 5_000;

  it('ends the sessions of a revoked token, of publisher and viewer, and refuses it from then on', async () => {
    const publish = await guarded.mint({
      stream: 'studio-live',
      action: 'publish',
      expiresInS: 600,
      subject: 'bob',
    });
    const view = await guarded.mint({
      stream: 'studio-live',
      action: 'play',
      expiresInS: 60,
      subject: 'ann',
    });
    const other = await guarded.mint({
      stream: 'studio-live',
      action: 'play',
      expiresInS: 60,
      subject: 'eve',
    });
    const url = guarded.url('/whip/studio-live');
    await using publisher = await TokenClient.open({ url, role: 'publisher', token: publish.token });
    const whep = guarded.url('/whep/studio-live');
    await using viewer = await TokenClient.open({ url: whep, role: 'viewer', token: view.token });
    await using stays = await TokenClient.open({ url: whep, role: 'viewer', token: other.token });

    expect((await guarded.ask(`/api/tokens/${view.jti}`, 'DELETE', keys.operator)).status).toBe(200);
    await until('the viewer is out', () => !viewer.connected, { timeoutMs: endsWithinMs });
    expect([publisher.connected, stays.connected]).toEqual([true, true]);
    expect((await viewer.end()).status).toBe(200);
    const again = await guarded.post('/whep/studio-live', bearer(view.token));
    expect([again.status, problemOf(again).code]).toEqual([401, 'token-revoked']);

    expect((await guarded.ask(`/api/tokens/${publish.jti}`, 'DELETE', keys.operator)).status).toBe(200);
    await until('the publisher is out', async () => (await publisherOf('studio-live')) === null, {
      timeoutMs: endsWithinMs,
    });
    await until('the publisher has noticed', () => !publisher.connected, { timeoutMs: endsWithinMs });
    expect((await publisher.end()).status).toBe(200);
    expect((await publisher.end(undefined)).status).toBe(200);
  });

  it('ends the sessions of a key that was removed from the settings file, and of no other', async () => {
    const first = { url: guarded.url('/whip/studio-key'), role: 'publisher', token: keys.studio } as const;
    const second = { url: guarded.url('/whip/second-key'), role: 'publisher', token: keys.second } as const;
    await using publisher = await TokenClient.open(first);
    await using other = await TokenClient.open(second);
    await writeFile(guarded.configFile, configText({ without: 'studio' }));
    await until('the publisher is out', () => !publisher.connected, { timeoutMs: endsWithinMs });
    expect(other.connected).toBe(true);
    expect((await guarded.post('/whip/studio-key', bearer(keys.studio))).status).toBe(401);
    expect((await publisher.end()).status).toBe(200);
    await writeFile(guarded.configFile, configText());
    await until(
      'the key is good again',
      async () => (await guarded.post('/whip/studio-key', bearer(keys.studio))).status === 201,
      {
        timeoutMs: 10_000,
      },
    );
  });

  it('closes the event stream of an operator whose token is revoked', async () => {
    const now = Math.floor(Date.now() / 1000);
    const jti = 'operator-for-a-minute';
    const token = await new SignJWT({ act: 'operate' })
      .setProtectedHeader({ alg: 'HS256', kid: 'here' })
      .setIssuer('frontrow')
      .setAudience('operate')
      .setSubject('olga')
      .setJti(jti)
      .setExpirationTime(now + 60)
      .sign(Buffer.from(secret));
    const response = await fetch(guarded.url('/api/events'), { headers: bearer(token) });
    expect(response.status).toBe(200);
    const ended = response.text();
    expect((await guarded.ask(`/api/tokens/${jti}`, 'DELETE', keys.operator)).status).toBe(200);
    expect(await ended).toContain('event: snapshot');
  });
});

describe('a session belongs to who opened it', () => {
  it('so another token may not end it, the same one and its successor may', async () => {
    const mine = await guarded.mint({
      stream: 'studio-own',
      action: 'publish',
      expiresInS: 60,
      subject: 'bob',
    });
    const successor = await guarded.mint({
      stream: 'studio-own',
      action: 'publish',
      expiresInS: 60,
      subject: 'bob',
    });
    const foreign = await guarded.mint({
      stream: 'studio-own',
      action: 'publish',
      expiresInS: 60,
      subject: 'eve',
    });
    const open = (): Promise<TokenClient> =>
      TokenClient.open({ url: guarded.url('/whip/studio-own'), role: 'publisher', token: mine.token });
    await using first = await open();
    const refused = await first.end(foreign.token);
    expect([refused.status, problemOf(refused).code]).toEqual([403, 'not-your-session']);
    expect((await first.end(keys.studio)).status).toBe(403);
    expect((await first.end('guess')).status).toBe(401);
    expect(first.connected).toBe(true);
    expect((await first.end(successor.token)).status).toBe(200);
    await using second = await open();
    const bare = await exchange(second.location, { method: 'DELETE' });
    expect(bare.status).toBe(200);
  });
});
