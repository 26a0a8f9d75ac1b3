import { describe, expect, test } from 'vitest';
import { expiryMs, TokenHolder, tokenInHash } from '#public/shared/token.ts';

const tokenUntil = (expS: number): string =>
  `e30.${Buffer.from(JSON.stringify({ exp: expS })).toString('base64url')}.x`;

test.each([
  ['', undefined],
  ['#', undefined],
  ['#token=', undefined],
  ['#part', undefined],
  ['#token=a.b-c_d', 'a.b-c_d'],
  ['#part&token=x', 'x'],
])('the token behind "%s" is %s', (hash, token) => {
  expect(tokenInHash(hash)).toBe(token);
});

test.each([
  [undefined, undefined],
  ['a-key', undefined],
  ['a.key.with-dots', undefined],
  [tokenUntil(1_000), 1_000_000],
  ['e30.e30.x', undefined],
])('%s ends at %s', (token, endMs) => {
  expect(expiryMs(token)).toBe(endMs);
});

describe('a holder', () => {
  test('has what it was given', async () => {
    expect(await new TokenHolder('key').get()).toBe('key');
    expect(await new TokenHolder(undefined).get()).toBeUndefined();
  });

  test('asks again shortly before the token ends, or when it was refused, and asks once for many', async () => {
    let nowMs = 0;
    let asked = 0;
    const holder = new TokenHolder(
      () => {
        asked++;
        return Promise.resolve(tokenUntil(nowMs / 1000 + 300));
      },
      () => nowMs,
    );
    await Promise.all([holder.get(), holder.get()]);
    nowMs = 279_000;
    await holder.get();
    expect(asked).toBe(1);
    nowMs = 281_000;
    await holder.get();
    expect(asked).toBe(2);
    holder.forget();
    await holder.get();
    expect(asked).toBe(3);
  });

  test('asks again when there was no answer', async () => {
    let asked = 0;
    const holder = new TokenHolder(() => {
      if (++asked === 1) throw new Error('offline');
      return 'key';
    });
    await expect(holder.get()).rejects.toThrow('offline');
    expect(await holder.get()).toBe('key');
  });
});
