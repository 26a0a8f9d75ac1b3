import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { configReference, exampleYaml } from '#src/config/example.ts';
import { listFields } from '#src/config/fields.ts';
import { read, repositoryFiles, root } from './repository.ts';

const pages = repositoryFiles('.', ['.md']);
const scripts = (JSON.parse(read('package.json')) as { readonly scripts: Record<string, string> }).scripts;

describe('generated documents', () => {
  const remedy = 'run: npm run docs';
  test('frontrow.example.yaml is fresh', () => {
    expect(read('frontrow.example.yaml'), remedy).toBe(exampleYaml());
  });
  test('docs/config.md is fresh', () => {
    expect(read('docs/config.md'), remedy).toBe(configReference());
  });
});

describe('links', () => {
  test.each(pages.map((page) => [page]))('of %s lead somewhere', (page) => {
    const dead = linksOf(read(page)).filter((link) => !alive(page, link));
    expect(dead).toEqual([]);
  });

  test('a dead one would be noticed', () => {
    expect(alive('README.md', 'docs/nowhere.md')).toBe(false);
    expect(alive('README.md', 'docs/architecture.md#no-such-heading')).toBe(false);
    expect(alive('README.md', 'docs/architecture.md#rooms')).toBe(true);
  });
});

describe('commands and settings that documents name', () => {
  const prose = pages.map((page) => read(page)).join('\n');

  test('every npm command exists', () => {
    const named = [...prose.matchAll(/npm (?:run )?([a-z][\w:-]*)/g)].map((match) => match[1] ?? '');
    const own = new Set([...Object.keys(scripts), 'ci', 'install', 'packages', 'package']);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !own.has(name))).toEqual([]);
  });

  test('every FRONTROW_ variable is a setting', () => {
    const variables = new Set(listFields().map((field) => field.variable));
    const named = [...prose.matchAll(/FRONTROW_[A-Z\d]+__[A-Z\d_]+/g)].map((match) => match[0]);
    expect(named.filter((name) => !variables.has(name) && name !== 'FRONTROW_ROOM__KEY')).toEqual([]);
  });

  test('every script file that package.json names exists', () => {
    for (const command of Object.values(scripts)) {
      const file = /node (\S+\.mjs)/.exec(command)?.[1];
      if (file !== undefined) expect(existsSync(path.join(root, file)), command).toBe(true);
    }
  });
});

/** Targets of inline links and images, without code, external addresses left out. */
function linksOf(markdown: string): readonly string[] {
  const text = markdown.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^[a-z]+:/.test(link));
}

function alive(page: string, link: string): boolean {
  const [target = '', anchor] = link.split('#');
  const file = target === '' ? page : path.posix.join(path.posix.dirname(page), target);
  if (!existsSync(path.join(root, file))) return false;
  if (anchor === undefined || !file.endsWith('.md')) return true;
  const anchors = [...read(file).matchAll(/^#+ (.+)$/gm)].map((match) => slug(match[1] ?? ''));
  return anchors.includes(anchor);
}

/** How Git hosts name a heading in an address. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}
