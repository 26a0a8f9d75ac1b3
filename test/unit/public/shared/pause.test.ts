import { expect, it } from 'vitest';
import { Pause } from '#public/shared/pause.ts';

it('ends when its time is over, when it is cut short, or when all is called off', async () => {
  const pause = new Pause();
  const abort = new AbortController();
  pause.end();
  expect(await pause.wait(1, abort.signal)).toBe(false);
  const long = pause.wait(2 ** 31 - 1, abort.signal);
  pause.end();
  expect(await long).toBe(true);
  const given = pause.wait(2 ** 31 - 1, abort.signal);
  abort.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
});
