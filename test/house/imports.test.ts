import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryFiles, root } from './repository.ts';

interface Cruise {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

const depcruise = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
/** Generous: several of these run beside other suites on few cores. */
const timeout = 60_000;

async function cruise(directory: string, folders: readonly string[]): Promise<Cruise['summary']> {
  const args = [depcruise, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...folders];
  const run = promisify(execFile)(process.execPath, args, {
    cwd: directory,
    maxBuffer: 100_000_000,
    timeout,
  });
  // Its exit code counts violations; the report is what we read.
  const { stdout } = await run.catch((error: unknown) => error as { readonly stdout: string });
  return (JSON.parse(stdout) as Cruise).summary;
}

describe('the import table of docs/architecture.md', () => {
  test('holds for every file of src and public', { timeout }, async () => {
    const { totalCruised, violations } = await cruise(root, ['src', 'public']);
    // A cruiser that cannot read TypeScript cruises nothing and is content: an empty run must be red.
    expect(totalCruised).toBeGreaterThanOrEqual(repositoryFiles('src', ['.ts']).length);
    expect(violations.map(({ from, to, rule }) => `${rule.name}: ${from} imports ${to}`)).toEqual([]);
  });
});

describe('planted trespasses are caught', () => {
  let folder: string;
  let caught: readonly string[];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'frontrow-imports-'));
    for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json'])
      await cp(path.join(root, file), path.join(folder, file));
    const files = {
      'package.json': JSON.stringify({
        type: 'module',
        imports: { '#src/*': './src/*' },
        dependencies: { werift: '*' },
      }),
      'node_modules/werift/package.json': JSON.stringify({
        name: 'werift',
        version: '1.0.0',
        main: 'index.js',
      }),
      'node_modules/werift/index.js': 'exports.a = 1;',
      'src/hls/origin.ts': 'export const a = 1;',
      'src/rtp/up.ts': "import { a } from '#src/hls/origin.ts';\nexport const b = a;",
      'src/bridge/sideways.ts': "import type { a } from '../hls/origin.ts';\nexport type B = typeof a;",
      'src/http/door.ts': "import { a } from 'werift';\nexport const b: unknown = a;",
      'src/config/deep.ts': "import { a } from '#src/hls/origin.ts';\nexport const b = a;",
      'src/core/system.ts': "import { readFileSync } from 'node:fs';\nexport const b = readFileSync;",
      'src/main.ts': "import { a } from '#src/hls/origin.ts';\nexport const b = a;",
      'src/tier/one.ts': "import { two } from './two.ts';\nexport const one = (): unknown => two;",
      'src/tier/two.ts': "import { one } from './one.ts';\nexport const two = (): unknown => one;",
      'public/page.ts': "import { a } from '../src/hls/origin.ts';\nexport const b = a;",
      'src/core/words.ts': 'export const word = 1;\nexport type Word = typeof word;',
      'public/value.ts': "import { word } from '../src/core/words.ts';\nexport const b = word;",
      'public/types.ts':
        "import type { Word } from '../src/core/words.ts';\nexport type { word } from '../src/core/words.ts';\nexport type Own = Word;",
    };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    const { violations } = await cruise(folder, ['src', 'public']);
    caught = violations.map(({ from, rule }) => `${rule.name}: ${from}`);
  }, timeout);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each([
    ['room-rtp: src/rtp/up.ts'],
    ['room-bridge: src/bridge/sideways.ts'],
    ['room-config: src/config/deep.ts'],
    ['door-werift: src/http/door.ts'],
    ['core-and-rtp-know-only-the-language: src/core/system.ts'],
    ['room-main: src/main.ts'],
    ['no-cycles: src/tier/one.ts'],
    ['public-stays-in-the-browser: public/page.ts'],
    ['public-takes-only-types-of-core: public/value.ts'],
  ])('%s', (trespass) => {
    expect(caught).toContain(trespass);
  });

  test('and types of core are none', () => {
    expect(caught.filter((trespass) => trespass.includes('public/types.ts'))).toEqual([]);
  });
});
