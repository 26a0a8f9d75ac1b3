import { describe, expect, test } from 'vitest';
import { read, repositoryFiles } from './repository.ts';

/** Written in pieces, so that this file does not find itself. */
const word = (...pieces: readonly string[]): string => pieces.join('');

const code = repositoryFiles('.', ['.ts', '.mjs', '.cjs', '.js', '.html', '.css']);
const everything = repositoryFiles('.', [
  ...[
    '.ts',
    '.mjs',
    '.cjs',
    '.js',
    '.html',
    '.css',
    '.md',
    '.yml',
    '.yaml',
    '.json',
    '.config',
    'Dockerfile',
    '/run',
  ],
]).filter((file) => file !== 'package-lock.json');

/** Lines of these files that match, as `file:line text`. */
function linesWith(pattern: RegExp, files: readonly string[]): readonly string[] {
  return files.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${file}:${index + 1} ${line.trim().slice(0, 120)}`] : [],
      ),
  );
}

describe('words that must not be here', () => {
  test('there is something to search', () => {
    expect(code.length).toBeGreaterThan(50);
  });

  test.each([
    [
      'a test that runs alone or not at all',
      new RegExp(
        String.raw`\b(test|it|describe)\.(${word('on', 'ly')}|${word('sk', 'ip')}|${word('to', 'do')})\b`,
      ),
      code,
    ],
    [
      'a promise to finish later',
      new RegExp(String.raw`\b(${word('TO', 'DO')}|${word('FIX', 'ME')}|${word('XX', 'X')})\b`),
      everything,
    ],
    ['a compiler told to look away', new RegExp(word('@ts-', '(ignore|nocheck|expect-error)')), code],
    [
      'the path of somebody’s machine',
      new RegExp(`(^|[^\\w.])/(${word('wo', 'rk')}|home|Users)/\\w`),
      everything,
    ],
    ['left-over debugging', new RegExp(word('\\bdebug', 'ger\\b')), code],
  ])('%s', (_name, pattern, files) => {
    expect(linesWith(pattern, files)).toEqual([]);
  });

  test('a lint rule is switched off only with a reason', () => {
    const silenced = linesWith(new RegExp(word('eslint-', 'disable')), code);
    expect(silenced.filter((line) => !/ -- \w/.test(line))).toEqual([]);
  });

  test('only src/main.ts reads the environment', () => {
    const files = repositoryFiles('src', ['.ts']).filter((file) => file !== 'src/main.ts');
    expect(linesWith(/process\.env\b/, files)).toEqual([]);
  });
});
