import { describe, expect, it } from 'vitest';
import { silentLog, type Log } from '#src/core/log.ts';
import { Drops } from '#src/media/drops.ts';
import { Troubles } from '#src/media/troubles.ts';

describe('Troubles', () => {
  it('counts what goes wrong at once and tells the last of it once', () => {
    const lines: unknown[] = [];
    const log: Log = { ...silentLog, error: (fields) => lines.push(fields) };
    const drops = new Drops();
    const troubles = new Troubles(drops, log);
    let worked = 0;
    troubles.guard(() => worked++);
    troubles.speak();
    const errors = [new Error('first'), new Error('second')];
    for (const error of errors) {
      troubles.guard(() => {
        throw error;
      });
    }
    expect(lines).toEqual([]);
    troubles.speak();
    troubles.speak();
    expect(worked).toBe(1);
    expect(drops.snapshot()).toEqual({ bug: 2 });
    expect(lines).toEqual([{ err: errors[1], times: 2 }]);
  });
});
