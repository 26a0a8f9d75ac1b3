import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { exchange, type Exchange, problemOf } from '#test/kit/http-exchange.ts';
import { bearer } from '#test/kit/token-client.ts';
import { configText, keys, type Minted } from './access-kit.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restart-'));
  file = join(folder, 'kept', 'revoked.json');
});
afterAll(() => rm(folder, { recursive: true }));

const start = (): Promise<Gateway> =>
  startGateway({ config: configText(), env: { FRONTROW_AUTH__REVOCATIONS_FILE: file } });

const operate = (gateway: Gateway, method: string, path: string, body?: object): Promise<Exchange> =>
  exchange(gateway.url(path), {
    method,
    headers: { ...bearer(keys.operator), ...(body && { 'Content-Type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });

const mint = async (gateway: Gateway): Promise<Minted> => {
  const wish = { stream: 'studio', action: 'publish', expiresInS: 3_600 };
  const { status, body } = await operate(gateway, 'POST', '/api/tokens', wish);
  if (status !== 201) throw new Error(body);
  return JSON.parse(body) as Minted;
};

/** The code of the refusal of what has no offer in it; '' for a token that was let in as far as that. */
const refusalOf = async (gateway: Gateway, { token }: Minted): Promise<unknown> => {
  const headers = { 'Content-Type': 'application/sdp', ...bearer(token) };
  const answer = await exchange(gateway.url('/whip/studio'), { method: 'POST', headers, body: 'no offer' });
  return answer.status === 401 ? problemOf(answer).code : '';
};

describe('a gateway that was started anew', () => {
  it('refuses what was revoked before, and nothing else', async () => {
    const first = await start();
    const [revoked, other] = [await mint(first), await mint(first)];
    try {
      const answer = await operate(first, 'DELETE', `/api/tokens/${revoked.jti}`);
      expect(JSON.parse(answer.body)).toMatchObject({ jti: revoked.jti, survivesRestart: true });
      expect([await refusalOf(first, revoked), await refusalOf(first, other)]).toEqual(['token-revoked', '']);
    } finally {
      await first[Symbol.asyncDispose]();
    }
    await using second = await start();
    expect([await refusalOf(second, revoked), await refusalOf(second, other)]).toEqual(['token-revoked', '']);
  }, 180_000);

  it('says what is wrong with a damaged file, instead of letting in who was turned out', async () => {
    await writeFile(file, '{"version":1,"revok');
    await expect(start()).rejects.toThrow(
      /ended with 2:[^]*revoked\.json \(auth\.revocationsFile\) cannot be read/,
    );
  }, 120_000);
});
