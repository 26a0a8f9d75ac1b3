import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

import { catalogue } from '../../conformance/catalogue.ts';
import { markdown } from '../../conformance/report.ts';
import { type Fault, faults, groups } from '../../conformance/self-test/faults.ts';
import { expectedFailures, failuresOf, tried } from '../../conformance/self-test/prove.ts';
import { openSelfTestServer } from '../../conformance/self-test/server.ts';

const folder = fileURLToPath(new URL('../../conformance/', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as somebody types it. */
async function command(...args: readonly string[]): Promise<Ended> {
  const run = promisify(execFile);
  try {
    const { stdout, stderr } = await run(process.execPath, [`${folder}main.ts`, ...args], { cwd: folder });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code = 1, stdout = '', stderr = '' } = error as Partial<Ended>;
    return { code, stdout, stderr };
  }
}

describe('the suite finds what is wrong, and nothing else', () => {
  const found = new Map<string, Promise<ReadonlyMap<string, string>>>();
  beforeAll(() => {
    // They wait for something to expire most of the time, so they do it together.
    for (const [name, present] of Object.entries(groups)) found.set(name, failuresOf(present));
  });

  it.each(Object.entries(groups))(
    'at a server that is wrong in the %s group of ways',
    async (name, present) => {
      const failed = await found.get(name);
      expect([...(failed ?? [])].map(([id]) => id).toSorted()).toEqual(expectedFailures(present).toSorted());
    },
  );

  it('every fault is tried, and every fault is some test’s business', () => {
    const grouped = Object.values(groups).flat();
    expect(grouped.toSorted()).toEqual((Object.keys(faults) as Fault[]).toSorted());
    for (const fault of grouped) expect(expectedFailures([fault]), fault).not.toEqual([]);
  });

  it('nearly every test was seen to fail at some fault', () => {
    const seen = new Set(Object.values(groups).flatMap((present) => expectedFailures(present)));
    expect(tried.map(({ id }) => id).filter((id) => !seen.has(id))).toEqual(neverSeenToFail);
  });
});

describe('the tests', () => {
  it('have names of their own, a section and the protocol in front', () => {
    const ids = catalogue.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, protocol, section, title } of catalogue) {
      expect(id).toMatch(new RegExp(`^${protocol}(-[a-z\\d]+)+$`));
      expect(section).toMatch(/^(RFC \d{4}|WHEP-(03|M01|git|EXT)|Fetch|Private Network Access) \d/);
      expect(title).not.toMatch(/\.$/);
    }
  });

  it('stand in README.md as they are', async () => {
    const readme = await readFile(`${folder}README.md`, 'utf8');
    expect(readme, 'put what `npm run conformance -- --list --markdown` prints into it').toContain(
      markdown(catalogue),
    );
  });
});

it('needs nothing of the project around it, so that it can move out', async () => {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) {
    const text = await readFile(`${folder}${file}`, 'utf8');
    const imports = [...text.matchAll(/(?:from|import) '([^']+)'/g)].map(([, name]) => name ?? '');
    const depth = file.split('/').length - 1;
    const outside = imports.filter(
      (name) =>
        !/^(node:|node-datachannel$|\.)/.test(name) ||
        name.split('/').filter((part) => part === '..').length > depth,
    );
    expect(outside, file).toEqual([]);
  }
});

describe('the command', () => {
  it('gives 0 when every MUST is kept, and 1 when one is broken', async () => {
    await using good = await openSelfTestServer([]);
    await using bad = await openSelfTestServer(['created-is-200', 'put-is-taken']);
    const against = (origin: string, ...more: readonly string[]): Promise<Ended> =>
      command('--whip', `${origin}/whip/live`, '--token', 'the-right-token', ...more);
    const kept = await against(good.origin, '--only', 'whip-post');
    expect([kept.code, kept.stderr]).toEqual([0, '']);
    expect(kept.stdout).toMatch(/^pass {2}MUST {3}whip-post-201 /m);
    const broken = await against(bad.origin, '--only', 'whip-post', '--json');
    expect(broken.code).toBe(1);
    const { results } = JSON.parse(broken.stdout) as {
      readonly results: readonly { readonly id: string; readonly outcome: string }[];
    };
    expect(results.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)).toEqual([
      'whip-post-201',
    ]);
    const house = ['--only', 'whip-put-endpoint-405'];
    expect((await against(bad.origin, ...house)).code).toBe(0);
    expect((await against(bad.origin, ...house, '--fail-on', 'house')).code).toBe(1);
  });

  it('says what to do about arguments that make no sense, and gives 2', async () => {
    for (const [args, message] of [
      [[], /give --whip URL, --whep URL or both/],
      [['--whip', 'example.org'], /not an http or https URL/],
      [['--whip', 'http://127.0.0.1:9/', '--only', 'nothing'], /there is no test "nothing"/],
      [['--list', '--timeout', '0'], /give seconds/],
      [['--colour'], /colour/],
      [['--whip', 'http://127.0.0.1:9/whip/live'], /OPTIONS http:.*(ECONNREFUSED|no answer)/],
    ] as const) {
      const { code, stderr } = await command(...args);
      expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    }
  });
});

/** With this broken nothing else would work. */
const neverSeenToFail = ['whip-post-location', 'whep-post-location'];
