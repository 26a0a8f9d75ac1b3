import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDoors } from '#src/auth/open.ts';
import { type Grant, openGrant } from '#src/core/access.ts';
import { Failure } from '#src/core/failure.ts';
import { silentLog } from '#src/core/log.ts';
import { httpConfig } from '#src/http/config.ts';
import { type HttpDeps, type HttpServer, openHttpServer } from '#src/http/server.ts';
import { exchange, type Exchange, problemOf } from '#test/kit/http-exchange.ts';
import { nothingBehind } from '#test/kit/nothing-behind.ts';
import { sessionRig } from '#test/kit/session-fakes.ts';

type Access = HttpDeps['access'];

/** Tokens name their subject; `wrong` is refused, as is none. */
class Doorkeeper implements Access {
  readonly open = false;
  readonly #inner = openDoors();
  readonly closed = this.#inner.closed;

  authorize({ token, action }: { token: string | undefined; action: Grant['action'] }): Promise<Grant> {
    if (token === undefined)
      return Promise.reject(new Failure('unauthorized', 'token-missing', 'a token is needed here'));
    if (token === 'wrong')
      return Promise.reject(new Failure('unauthorized', 'token-invalid', 'the token is not one of ours'));
    return Promise.resolve({ ...openGrant(action), subject: token, credential: token });
  }

  mint(): Promise<never> {
    return Promise.reject(new Error('this test makes no tokens'));
  }

  revoke(): number {
    return 0;
  }

  holds(): Promise<boolean> {
    return Promise.resolve(true);
  }

  onRevoked(): Disposable {
    return { [Symbol.dispose]: () => undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }
}

let server: HttpServer;
let settings: ReturnType<typeof httpConfig.parse>;

async function open(access: Access): Promise<void> {
  const { deps } = sessionRig({ maxStreams: 1_000 });
  server = await openHttpServer({
    sessions: deps,
    access,
    ...nothingBehind,
    config: () => settings,
    log: silentLog,
  });
}
beforeEach(() => {
  settings = httpConfig.parse({ port: 0, address: '127.0.0.1', joinsPerAddress: 20, joinsPerSubject: 20 });
});
afterEach(() => server[Symbol.asyncDispose]());

const url = (path: string): string => `http://127.0.0.1:${server.port}${path}`;
let streams = 0;
function join(headers: Record<string, string> = {}): Promise<Exchange> {
  return exchange(url(`/whip/s${streams++}`), {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp', ...headers },
    body: 'offer',
  });
}
const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });
const statuses = (answers: readonly Exchange[]): number[] => answers.map(({ status }) => status);
const times = async (count: number, ask: () => Promise<Exchange>): Promise<Exchange[]> => {
  const answers: Exchange[] = [];
  for (let turn = 0; turn < count; turn++) answers.push(await ask());
  return answers;
};

describe('one address', () => {
  test('may join so often in ten seconds, then is told when to come again; the rest of the site is as before', async () => {
    await open(openDoors());
    const answers = await times(21, join);
    expect(new Set(statuses(answers.slice(0, 20)))).toEqual(new Set([201]));
    const [refused] = answers.slice(-1);
    expect(problemOf(refused!)).toMatchObject({ status: 429, code: 'rate-limited' });
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(refused?.headers['retry-after'])).toBeLessThanOrEqual(10);
    expect(refused?.headers['access-control-allow-origin']).toBe('*');
    for (const path of ['/', '/livez', '/whep/a', '/api/streams'])
      expect((await exchange(url(path), { method: 'GET' })).status).toBeLessThan(300);
    expect((await exchange(url('/whep/a'), { method: 'OPTIONS' })).status).toBe(200);
  });

  test('may change and end what it opened: four of these count as one join', async () => {
    await open(openDoors());
    const end = (): Promise<Exchange> => exchange(url('/whip/a/none'), { method: 'DELETE' });
    const answers = await times(81, end);
    expect(answers.slice(0, 80).every(({ status }) => status === 404)).toBe(true);
    expect(answers.at(-1)?.status).toBe(429);
  });

  test('is the one that our own proxy saw, and no other', async () => {
    await open(openDoors());
    const from = (forwarded: string) => () => join({ 'X-Forwarded-For': forwarded });
    // Without a proxy of ours the header is anybody's invention.
    await times(20, from('192.0.2.1'));
    expect((await from('192.0.2.2')()).status).toBe(429);
    settings = { ...settings, trustedProxies: 1 };
    expect((await from('192.0.2.1')()).status).toBe(201);
    await times(20, from('198.51.100.7, 192.0.2.1'));
    expect((await from('203.0.113.9, 192.0.2.1')()).status).toBe(429);
    expect((await from('192.0.2.2')()).status).toBe(201);
  });
});

describe('a subject', () => {
  test('has joins of its own, wherever it is', async () => {
    settings = { ...settings, joinsPerAddress: 1_000 };
    await open(new Doorkeeper());
    await times(20, () => join(bearer('alice')));
    expect((await join(bearer('alice'))).status).toBe(429);
    expect((await join(bearer('bob'))).status).toBe(201);
  });

  test('pays for changes of its sessions too', async () => {
    settings = { ...settings, joinsPerAddress: 1_000 };
    await open(new Doorkeeper());
    const location = (await join(bearer('alice'))).headers.location ?? '';
    const patch = (): Promise<Exchange> =>
      exchange(location, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', ...bearer('alice') },
        body: 'a=x',
      });
    const answers = await times(77, patch);
    expect(answers.slice(0, 76).every(({ status }) => status === 204)).toBe(true);
    expect(answers.at(-1)?.status).toBe(429);
  });
});

describe('a token that is wrong', () => {
  const ask = (token: string) => (): Promise<Exchange> =>
    exchange(url('/api/streams'), { method: 'GET', headers: bearer(token) });

  test('is ten times as dear, also where nothing else is counted', async () => {
    await open(new Doorkeeper());
    expect(statuses(await times(4, ask('wrong')))).toEqual([401, 401, 429, 429]);
  });

  test('is no reason to refuse a right one from the same address', async () => {
    await open(new Doorkeeper());
    await times(10, ask('wrong'));
    expect(statuses([await ask('wrong')(), await ask('ann')()])).toEqual([429, 200]);
    expect((await join(bearer('ann'))).status).toBe(201);
    expect((await ask('wrong')()).status).toBe(429);
  });

  test('is one only when checking so many would cost too much', async () => {
    let checked = 0;
    const doorkeeper = new (class extends Doorkeeper {
      override authorize(request: Parameters<Doorkeeper['authorize']>[0]): Promise<Grant> {
        checked++;
        return super.authorize(request);
      }
    })();
    settings = { ...settings, joinsPerAddress: 4 };
    await open(doorkeeper);
    await times(25, ask('wrong'));
    // Five times the joins, and the one that goes beyond.
    expect(checked).toBe(21);
    expect((await ask('ann')()).status).toBe(429);
  });

  test('is no guess when it is missing', async () => {
    await open(new Doorkeeper());
    expect(new Set(statuses(await times(20, join)))).toEqual(new Set([401]));
    expect((await join()).status).toBe(429);
  });
});
