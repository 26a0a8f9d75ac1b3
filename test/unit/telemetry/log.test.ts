import { expect, test } from 'vitest';
import { toText } from '#src/telemetry/log.ts';

test('a record becomes one line for people', () => {
  const line = toText({
    level: 40,
    time: 0,
    msg: 'publisher left',
    room: 'session',
    streamId: 'demo',
    graceMs: 8000,
    why: 'peer',
  });
  expect(line).toBe('00:00:00 warn  [session demo] publisher left graceMs=8000 why=peer');
});

test('an error shows its stack', () => {
  expect(toText({ level: 50, time: 0, msg: 'bug', err: { stack: 'Error: x\n at y' } })).toBe(
    '00:00:00 ERROR bug\nError: x\n at y',
  );
});
