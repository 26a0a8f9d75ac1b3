import { describe, expect, test } from 'vitest';
import { adviceFor, catalogue, type FindingCode } from '#src/doctor/catalogue.ts';
import { read } from './repository.ts';

const codes = Object.keys(catalogue) as FindingCode[];
const documented = [...read('docs/doctor.md').matchAll(/^### `([a-z\d-]+)`\n\n\*\*(\w+)/gm)];

describe('docs/doctor.md', () => {
  test('explains every finding, with its severity, and none that does not exist', () => {
    const rows = documented.map((match) => `${match[1]} ${match[2]}`);
    expect(rows.toSorted()).toEqual(codes.map((code) => `${code} ${catalogue[code].severity}`).toSorted());
  });

  test('every finding says what it does to viewers, and what mends it, in sentences', () => {
    for (const code of codes) {
      expect(catalogue[code].message, code).toMatch(/^[A-Z].{30,}\.$/);
      for (const encoder of ['obs', 'browser', 'other'] as const)
        expect(adviceFor(code, encoder), code).toMatch(/^[A-Z].{20,}\.$/);
    }
  });
});
