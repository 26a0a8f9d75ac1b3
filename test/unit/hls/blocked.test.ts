import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { settle, untilGone } from '#src/hls/blocked.ts';

test('work hears that the client has left, and nothing is left listening', async () => {
  const response = new EventEmitter();
  const work = untilGone(response as unknown as ServerResponse, (signal) => {
    response.emit('close');
    return Promise.resolve(signal.aborted);
  });
  expect(await work).toBe(true);
  expect(response.listenerCount('close')).toBe(0);
});

test('every end of a wait but the good one is refused', () => {
  const late = (): Error => new Error('late');
  expect(() => settle('ready', late)).not.toThrow();
  expect(() => settle('late', late)).toThrow('late');
  expect(() => settle('gone', late)).toThrow('late');
  expect(() => settle('full', late)).toThrow(/too many/);
});
