import { expect, test } from 'vitest';
import { soundChoices, soundRulesFor } from '#src/bridge/sounds/sound-names.ts';

const nothing = { name: '', language: '' };
const named = (...choices: ReturnType<typeof soundChoices>): readonly string[] =>
  choices.map(({ name, language }) => `${name}/${language}`);

test('of a single sound of which nobody says anything nothing is told', () => {
  expect(soundChoices([], [])).toEqual([]);
  expect(soundChoices([nothing], [])).toEqual([]);
  expect(soundChoices([nothing], [{ stream: '*', track: 2, name: 'Other' }])).toEqual([]);
});

test('the publisher says it, else the settings, else the language or the number', () => {
  const rules = [
    { stream: '*', track: 1, name: 'Set', language: 'fr' },
    { stream: '*', track: 2, name: 'Set', language: 'fr' },
  ];
  const told = [{ name: 'Told', language: '' }, nothing, { name: '', language: 'de' }, nothing];
  expect(named(...soundChoices(told, rules))).toEqual(['Told/fr', 'Set/fr', 'Deutsch/de', 'Sound 4/']);
  expect(named(...soundChoices([nothing, nothing], []))).toEqual(['main/', 'Sound 2/']);
  expect(soundChoices([], rules)).toEqual([{ index: 0, name: 'Set', language: 'fr' }]);
  expect(soundChoices(told, []).map(({ index }) => index)).toEqual([0, 1, 2, 3]);
});

test('no two have one name', () => {
  const told = ['A', 'A', 'A 2', 'A'].map((name) => ({ name, language: '' }));
  const names = soundChoices(told, []).map(({ name }) => name);
  expect(names.slice(0, 2)).toEqual(['A', 'A 2']);
  expect(new Set(names).size).toBe(4);
});

test('rules are of the streams that they match, the first of each track', () => {
  const rules = [
    { stream: 'match-*', track: 2, name: 'Fans' },
    { stream: '*', track: 2, name: 'Other' },
    { stream: '*', track: 1, language: 'en' },
  ];
  const of = (stream: string): readonly (string | undefined)[] =>
    soundRulesFor(rules, (pattern) => pattern === '*' || stream.startsWith(pattern.slice(0, -1))).map(
      ({ name, language }) => name ?? language,
    );
  expect(of('match-7')).toEqual(['Fans', 'en']);
  expect(of('talk')).toEqual(['Other', 'en']);
});
