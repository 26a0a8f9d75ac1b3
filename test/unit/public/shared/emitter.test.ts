import { expect, it } from 'vitest';
import { Emitter } from '#public/shared/emitter.ts';

it('tells every listener until it stops listening', () => {
  const emitter = new Emitter<{ word: string; number: number }>();
  const heard: unknown[] = [];
  const stop = emitter.on('word', (word) => heard.push(word));
  emitter.on('number', (number) => heard.push(number));
  emitter.emit('word', 'a');
  emitter.emit('number', 1);
  stop();
  emitter.emit('word', 'b');
  expect(heard).toEqual(['a', 1]);
});
