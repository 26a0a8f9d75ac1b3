import { describe, expect, test } from 'vitest';
import { read, repositoryFiles } from './repository.ts';

const maxLines = 300;
const files = ['src', 'public', 'scripts', 'bench', 'test'].flatMap((folder) =>
  repositoryFiles(folder, ['.ts', '.mjs']),
);

describe('a file holds one idea', () => {
  test('there is something to measure', () => {
    expect(files.length).toBeGreaterThan(50);
  });

  test(`no file has more than ${maxLines} lines of code`, () => {
    const long = files
      .map((file) => ({ file, lines: codeLines(read(file)) }))
      .filter(({ lines }) => lines > maxLines);
    expect(long).toEqual([]);
  });

  test('no folder of src is reached through an index file', () => {
    expect(repositoryFiles('src').filter((file) => /\/index\.ts$/.test(file))).toEqual([]);
  });
});

/** Lines that are neither blank nor comment, as the linter counts them. */
function codeLines(text: string): number {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trim().startsWith('//')).length;
}
