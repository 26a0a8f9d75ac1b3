import { expect, test } from 'vitest';
import { Audience } from '#src/hls/audience.ts';

test('players are told apart by address and user agent, and forgotten after ten seconds', () => {
  let nowMs = 0;
  const audience = new Audience({ nowMs: () => nowMs, wallMs: () => nowMs });
  audience.see('192.0.2.1', 'A');
  audience.see('192.0.2.1', 'A');
  audience.see('192.0.2.1', 'B');
  expect(audience.size).toBe(2);
  nowMs = 9_000;
  audience.see('192.0.2.1', 'B');
  nowMs = 11_000;
  expect(audience.size).toBe(1);
  nowMs = 20_000;
  expect(audience.size).toBe(0);
});

test('the memory is bounded', () => {
  const audience = new Audience({ nowMs: () => 0, wallMs: () => 0 }, 100);
  for (let index = 0; index < 1_000; index += 1) audience.see(`2001:db8::${index}`, '');
  expect(audience.size).toBe(100);
});
