import { setImmediate as immediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { bellMemory, Doorbell } from '#src/media/workers/doorbell.ts';

test('a bell is answered after each ring, rings in one turn being one, until it is disposed', async () => {
  const memory = bellMemory();
  const [inside, outside] = [new Doorbell(memory), new Doorbell(memory)];
  let answers = 0;
  let heard = Promise.withResolvers<undefined>();
  inside.listen(() => {
    answers += 1;
    heard.resolve(undefined);
  });
  // Whatever was rung before it listened.
  expect(answers).toBe(1);
  heard = Promise.withResolvers();
  outside.ring();
  outside.ring();
  await heard.promise;
  await immediate();
  expect(answers).toBe(2);
  inside[Symbol.dispose]();
  await immediate();
  const last = answers;
  outside.ring();
  await immediate();
  await immediate();
  expect(answers).toBe(last);
});

test('a ring while answering is not lost', async () => {
  const bell = new Doorbell(bellMemory());
  let answers = 0;
  const enough = Promise.withResolvers<undefined>();
  bell.listen(() => {
    answers += 1;
    if (answers < 4) bell.ring();
    else enough.resolve(undefined);
  });
  await enough.promise;
  bell[Symbol.dispose]();
  expect(answers).toBe(4);
});
