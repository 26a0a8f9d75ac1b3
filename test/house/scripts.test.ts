import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { read, repositoryFiles, root } from './repository.ts';

const timeout = 120_000;

interface Ended {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Runs a script as npm would, without the traces of the vitest that we are in. */
function runScript(folder: string, args: readonly string[]): Promise<Ended> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV$)/.test(name)),
  );
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: folder, env, timeout, maxBuffer: 50_000_000 },
      (error, stdout) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, lines: stdout.trimEnd().split('\n') });
      },
    );
  });
}

describe('set-up scripts', () => {
  test.each(repositoryFiles('scripts', ['.mjs']).map((file) => [file]))(
    '%s needs nothing that is not there before the set-up',
    (file) => {
      const imports = [...read(file).matchAll(/^import .*from '([^']+)'/gm)].map((match) => match[1] ?? '');
      expect(imports.filter((name) => !/^(node:|\.\.?\/)/.test(name))).toEqual([]);
    },
  );
});

test('npm start, the image and the tests give Node the same options', () => {
  const optionsOf = (file: string): string[] =>
    [...read(file).matchAll(/['"](--(?:disable-warning|max-semi-space-size)=[^'"]+)['"]/g)].map(
      ([, option]) => option ?? '',
    );
  const started = optionsOf('scripts/lib/node-args.mjs');
  expect(started).toHaveLength(2);
  expect(optionsOf('Dockerfile')).toEqual(started);
  expect(optionsOf('test/kit/gateway.ts')).toEqual(started);
});

describe('npm test', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'frontrow-scripts-'));
    const settings = [
      'kit/heavy-suite',
      ...['integration', 'e2e', 'interop'].map((one) => `${one}/vitest.config`),
    ];
    for (const name of [
      ...['scripts', 'package.json', 'package-lock.json', 'vitest.config.ts'],
      ...settings.map((one) => `test/${one}.ts`),
    ]) {
      await cp(path.join(root, name), path.join(folder, name), { recursive: true });
    }
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    const files = {
      'test/unit/mixed.test.ts':
        "import { expect, test } from 'vitest';\ntest('a', () => undefined);\ntest('b', () => expect(1).toBe(2));",
      'test/fuzz/broken.test.ts': "throw new Error('does not load');",
      'test/property/idle.test.ts':
        "import { test } from 'vitest';\ntest.runIf(false)('never', () => undefined);",
      'test/conformance/good.test.ts': "import { test } from 'vitest';\ntest('c', () => undefined);",
      'test/e2e/unsteady.test.ts':
        "import { existsSync, writeFileSync } from 'node:fs';\nimport { expect, test } from 'vitest';\n" +
        "const mark = '.cache/unsteady';\ntest('e', () => undefined);\n" +
        "test('f', () => { const isSecond = existsSync(mark); writeFileSync(mark, ''); expect(isSecond).toBe(true); });",
      'test/e2e/steady.test.ts': "import { test } from 'vitest';\ntest('g', () => undefined);",
      'test/integration/broken.test.ts':
        "import { expect, test } from 'vitest';\ntest('h', () => undefined);\ntest('i', () => expect(1).toBe(2));",
      'test/interop/lost.test.ts':
        "import { test } from 'vitest';\ntest('d', () => void Promise.reject(new Error('lost')));",
    };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('green is green, and the count is the last line', { timeout }, async () => {
    const { code, lines } = await runScript(folder, ['scripts/test.mjs', 'conformance']);
    expect(lines.at(-1)).toBe('1 passed, 0 failed');
    expect(code).toBe(0);
  });

  test('a heavy file that fails runs once more, and is told of', { timeout }, async () => {
    const { code, lines } = await runScript(folder, ['scripts/test.mjs', 'e2e']);
    expect(lines).toContain('again   e2e: test/e2e/unsteady.test.ts');
    expect(lines).toContain('UNSTEADY e2e: passed in its second run only: f');
    expect(lines.at(-1)).toBe('3 passed, 0 failed');
    expect(code).toBe(0);
  });

  test('a heavy file that fails twice is red', { timeout }, async () => {
    const { code, lines } = await runScript(folder, ['scripts/test.mjs', 'integration']);
    expect(lines).toContain('again   integration: test/integration/broken.test.ts');
    expect(lines.at(-1)).toBe('1 passed, 1 failed');
    expect(code).toBe(1);
  });

  test(
    'red: a failed test, a file that does not load, a suite that ran nothing, an error nobody caught',
    { timeout },
    async () => {
      const { code, lines } = await runScript(folder, [
        'scripts/test.mjs',
        'unit',
        'fuzz',
        'property',
        'interop',
      ]);
      expect(lines).toContain('FAILED  property: there are test files, but no test ran');
      // a and d pass. b, the broken file, the idle project and the lost promise do not.
      expect(lines.at(-1)).toBe('2 passed, 4 failed');
      expect(code).toBe(1);
    },
  );
});
