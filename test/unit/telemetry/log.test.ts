import { expect, test } from 'vitest';
import { openLog, toText } from '#src/telemetry/log.ts';

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

test('credentials, session descriptions and addresses of people never reach a log', () => {
  const lines: string[] = [];
  const log = openLog({ logLevel: 'info', logFormat: 'json' }, true, {
    write: (line) => void lines.push(line),
  });
  const fields = { token: 'SECRET', offer: 'SECRET', address: 'SECRET', streamId: 'demo' };
  log.child({ room: 'session' }).info({ ...fields, request: { ...fields, password: 'SECRET' } }, 'joined');
  log.debug({}, 'below the level');
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('SECRET');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ room: 'session', streamId: 'demo', token: '[hidden]' });
});
