import { expect, test } from 'vitest';
import { publicProblems } from '#src/record/status.ts';

test('everybody may know that nothing can be recorded, and not where and why', () => {
  expect(publicProblems({ problem: undefined })).toEqual([]);
  const [told = '', ...more] = publicProblems({ problem: '/srv/secret is in use by process 7 on db-host' });
  expect(told).toContain('record.directory');
  expect(told).not.toMatch(/secret|db-host/);
  expect(more).toEqual([]);
});
