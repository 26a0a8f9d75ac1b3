import { describe, expect, test } from 'vitest';
import { read, repositoryFiles } from './repository.ts';

interface Made {
  readonly file: string;
  readonly kind: string;
  readonly code: string;
}

const statusOf: Readonly<Record<string, number>> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  missing: 404,
  method: 405,
  'not-acceptable': 406,
  conflict: 409,
  gone: 410,
  stale: 412,
  'too-large': 413,
  'unsupported-media': 415,
  unprocessable: 422,
  precondition: 428,
  'too-many': 429,
  unavailable: 503,
};

const made: readonly Made[] = repositoryFiles('src', ['.ts']).flatMap((file) =>
  [...read(file).matchAll(/new Failure\(\s*'([a-z-]+)',\s*'([a-z\d-]+)'/g)].map((match) => ({
    file,
    kind: match[1] ?? '',
    code: match[2] ?? '',
  })),
);
const rows = [...read('docs/failures.md').matchAll(/^\| `([a-z\d-]+)` \| (\S+) \| (.+) \| (.+) \|$/gm)];
const documented = new Map(
  rows.map((row) => [row[1] ?? '', { status: row[2], what: row[3] ?? '', remedy: row[4] ?? '' }]),
);

describe('docs/failures.md', () => {
  test('there is something to check', () => {
    expect(made.length).toBeGreaterThan(10);
    expect(documented.size).toBe(rows.length);
  });

  test('every Failure names its kind and code in plain letters, so that they can be looked up', () => {
    const written = repositoryFiles('src', ['.ts'])
      // A Failure that crossed a thread boundary is put together again from its own parts.
      .map((file) => read(file).match(/new Failure\((?!\w+\.kind, \w+\.code)/g)?.length ?? 0)
      .reduce((sum, count) => sum + count, 0);
    expect(made).toHaveLength(written);
  });

  test('every code is explained, with the status that clients see', () => {
    const missing = made
      .filter(({ code }) => !documented.has(code))
      .map(({ file, code }) => `${code} (${file})`);
    expect(missing).toEqual([]);
    const wrong = made.filter(({ kind, code }) => documented.get(code)?.status !== statusCell(kind, code));
    expect(wrong).toEqual([]);
  });

  test('nothing is explained that no longer exists', () => {
    const codes = new Set([...made.map(({ code }) => code), 'internal-error']);
    expect([...documented.keys()].filter((code) => !codes.has(code))).toEqual([]);
  });

  test('every row says what happened and what to do', () => {
    for (const [code, { what, remedy }] of documented) {
      expect(what.length, code).toBeGreaterThan(20);
      expect(remedy.length, code).toBeGreaterThan(10);
    }
  });
});

/** A failure at start never becomes an answer: its row says "start" instead of a status. */
function statusCell(kind: string, code: string): string {
  return documented.get(code)?.status === 'start' ? 'start' : String(statusOf[kind]);
}
