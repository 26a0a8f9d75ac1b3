import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { newKeyText, readTokenCommand, tokenText } from '#src/auth/command.ts';
import { authConfig } from '#src/auth/config.ts';
import { digestOf, sameDigest } from '#src/auth/secrets.ts';
import { testNowMs, tokenSecret } from '#test/kit/tokens.ts';

const words = (line: string): string[] => line.split(' ').filter((word) => word !== '');

test('a token for five minutes of watching is what one asks for most', () => {
  expect(readTokenCommand(words('--stream live --play'))).toEqual({
    do: 'token',
    configFile: undefined,
    wish: {
      subject: 'minted',
      action: 'view',
      stream: 'live',
      expiresInS: 300,
      tier: undefined,
      maxHeight: undefined,
    },
  });
});

test('everything about it can be said', () => {
  const line =
    '--stream cam* --play --minutes 2.5 --tier broadcast --max-height 720 --subject ann --config f.yaml';
  expect(readTokenCommand(words(line))).toMatchObject({
    configFile: 'f.yaml',
    wish: { subject: 'ann', stream: 'cam*', expiresInS: 150, tier: 'broadcast', maxHeight: 720 },
  });
  expect(readTokenCommand(['--operate'])).toMatchObject({
    wish: { action: 'operate', stream: '*', expiresInS: 3_600 },
  });
  expect(readTokenCommand(words('--stream live --publish --ladder ladder-3'))).toMatchObject({
    wish: { action: 'publish', ladder: 'ladder-3' },
  });
  expect(readTokenCommand(['--help'])).toEqual({ do: 'help' });
});

test.each([
  [''],
  ['--play --publish'],
  ['--play --minutes soon'],
  ['--play --minutes -1'],
  ['--play --tier cheap'],
  ['--play --stream a/b'],
  ['--play --max-height 0'],
  ['--publish --ladder steps'],
  ['--play --ladder ladder-2'],
  ['--plays'],
  ['live'],
])('"%s" is refused with where to look', (line) => {
  const read = (): unknown => readTokenCommand(words(line));
  expect(read).toThrow(expect.objectContaining({ code: 'bad-arguments' }));
  expect(read).toThrow('--help');
});

test('a token stands alone', async () => {
  const command = readTokenCommand(words('--stream live --play'));
  if (command.do !== 'token') throw new Error(command.do);
  const config = authConfig.parse({ signingKey: { kid: 'a', algorithm: 'HS256', secret: tokenSecret } });
  expect(await tokenText(command.wish, config, testNowMs)).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  await expect(tokenText(command.wish, authConfig.parse({}), testNowMs)).rejects.toMatchObject({
    code: 'no-signing-key',
  });
});

test.each([
  ['--new-key studio --stream lecture-*', { name: 'studio', stream: 'lecture-*', allow: ['publish'] }],
  ['--new-key both --publish --play', { name: 'both', stream: '*', allow: ['publish', 'view'] }],
])('"%s" prints a key once, and settings that know it by its hash', (line, expected) => {
  const command = readTokenCommand(words(line));
  if (command.do !== 'key') throw new Error(command.do);
  const text = newKeyText(command);
  const key = /^ {2}([\w-]{32})$/m.exec(text)?.[1] ?? '';
  const { auth } = parse(text.slice(text.indexOf('\nauth:'))) as { readonly auth: unknown };
  const [entry] = authConfig.parse(auth).streamKeys;
  expect(entry).toMatchObject(expected);
  expect(sameDigest(digestOf(key), entry?.sha256 ?? '')).toBe(true);
  expect(text.split(key)).toHaveLength(2);
  expect(newKeyText(command)).not.toContain(key);
});

test('a key to operate is for nothing else, and a name has no blanks', () => {
  const make = (args: string[]): string => {
    const command = readTokenCommand(args);
    return command.do === 'key' ? newKeyText(command) : '';
  };
  expect(make(words('--new-key ops --operate'))).toContain('  operateKeys:\n');
  expect(() => make(words('--new-key ops --operate --play'))).toThrow(/nothing else/);
  expect(() => make(['--new-key', 'two words'])).toThrow(/name/);
});
