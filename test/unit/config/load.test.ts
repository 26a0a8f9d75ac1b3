import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exampleYaml } from '#src/config/example.ts';
import { loadConfig } from '#src/config/load.ts';
import { defaultConfig } from '#src/config/schema.ts';
import { Failure } from '#src/core/failure.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'frontrow-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

const load = (environment: Record<string, string> = {}, file?: string): ReturnType<typeof loadConfig> =>
  loadConfig({ workingDirectory: folder, environment, file });
const write = (text: string, name = 'frontrow.yaml'): Promise<void> =>
  writeFile(path.join(folder, name), text);

async function problemOf(loading: Promise<unknown>): Promise<string> {
  const failure = await loading.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(Failure);
  expect((failure as Failure).code).toBe('bad-config');
  return (failure as Failure).message;
}

describe('where settings come from', () => {
  test('without a file and variables the defaults hold', async () => {
    expect(await load()).toEqual({ config: defaultConfig(), file: undefined });
  });

  test('frontrow.yaml in the working directory is read, a variable wins over it', async () => {
    await write('http: { port: 9000, corsOrigin: "https://a.example" }\ntier:\n');
    const { config, file } = await load({
      FRONTROW_HTTP__PORT: '9001',
      PATH: '/bin',
      FRONTROW_PORT: 'tcp://10.0.0.1:80',
    });
    expect(config.http).toMatchObject({ port: 9001, corsOrigin: ['https://a.example'] });
    expect(config.tier).toEqual(defaultConfig().tier);
    expect(file).toBe(path.join(folder, 'frontrow.yaml'));
  });

  test('a file that was asked for must exist; an empty one changes nothing', async () => {
    expect(await problemOf(load({}, 'other.yaml'))).toContain('other.yaml: there is no such file');
    await write('', 'other.yaml');
    expect((await load({}, 'other.yaml')).config).toEqual(defaultConfig());
  });

  test('the generated example, uncommented, is the defaults', async () => {
    await write(exampleYaml().replaceAll(/^ {2}# (\w+:.*)$/gm, '  $1'));
    expect((await load()).config).toEqual(defaultConfig());
  });
});

describe('how values are written', () => {
  test.each([
    ['text stays text, colons and digits too', { FRONTROW_HTTP__ADDRESS: '::' }, { address: '::' }],
    ['numbers', { FRONTROW_HTTP__MAX_EVENT_LISTENERS: '7' }, { maxEventListeners: 7 }],
    [
      'lists of mappings in YAML',
      { FRONTROW_HTTP__ICE_SERVERS: '[{ url: "turn:t.example:3478", username: u, credential: p }]' },
      { iceServers: [{ url: 'turn:t.example:3478', username: 'u', credential: 'p' }] },
    ],
  ])('%s', async (_name, environment, expected) => {
    expect((await load(environment)).config.http).toMatchObject(expected);
  });
});

describe('a mistake is one readable error', () => {
  test.each([
    [
      'an unknown room',
      'htp: { port: 1 }',
      /^frontrow\.yaml: htp: there is no such room of settings; there are http, /,
    ],
    [
      'an unknown key',
      'http: { prot: 1 }',
      /^frontrow\.yaml: http\.prot: there is no such setting; there are port, /,
    ],
    [
      'a value out of range',
      'http: { port: 70000 }',
      /^frontrow\.yaml: http\.port: .*allowed: whole number, 0 to 65535$/,
    ],
    [
      'a value of the wrong kind',
      'telemetry: { logLevel: loud }',
      /logLevel: .*allowed: one of debug, info, warn, error$/,
    ],
    [
      'a mistake inside a list',
      'http: { iceServers: [{ url: "ftp:x" }] }',
      /http\.iceServers\.0\.url: must be stun:/,
    ],
    ['a room that is no mapping', 'http: 8080', /^frontrow\.yaml: http: .*expected object/],
    ['a list instead of rooms', '- 1', /must hold settings as "room: \{ key: value \}"/],
    ['broken YAML', 'http: { port: 1', /^frontrow\.yaml: .*line 1/s],
    ['a key that stands twice', 'http: { port: 1, port: 2 }', /^frontrow\.yaml: .*unique/s],
  ])('%s', async (_name, text, expected) => {
    await write(text);
    expect(await problemOf(load())).toMatch(expected);
  });

  test.each([
    ['an unknown key', 'FRONTROW_HTTP__PROT', '1', /^FRONTROW_HTTP__PROT: .* FRONTROW_HTTP__PORT, /],
    ['an unknown room', 'FRONTROW_HTP__PORT', '1', /there are FRONTROW_HTTP__…, /],
    ['one underscore', 'FRONTROW_HTTP_PORT', '1', /two underscores .*FRONTROW_HTTP__PORT$/],
    [
      'a bad value',
      'FRONTROW_HTTP__PORT',
      'eighty',
      /^FRONTROW_HTTP__PORT: http\.port: .*allowed: whole number/,
    ],
    ['broken YAML', 'FRONTROW_HTTP__ICE_SERVERS', '[{', /^FRONTROW_HTTP__ICE_SERVERS: /],
  ])('in a variable: %s', async (_name, variable, value, expected) => {
    expect(await problemOf(load({ [variable]: value }))).toMatch(expected);
  });

  test('several mistakes are named together', async () => {
    await write('http: { port: -1 }\ntier: { interactiveLimit: many }');
    expect((await problemOf(load())).split('\n')).toHaveLength(2);
  });

  test('a folder is no file', async () => {
    expect(await problemOf(load({}, '.'))).toContain('cannot be read');
  });

  test('a huge file is refused before it is parsed', async () => {
    await write('#'.repeat(1_000_001));
    expect(await problemOf(load())).toContain('is it the right file?');
  });
});
