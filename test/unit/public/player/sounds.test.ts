import { expect, test } from 'vitest';
import { soundIndex, soundsView } from '../../../../public/player/sounds.ts';

const tracks = [{ name: 'main' }, { name: 'Deutsch', lang: 'de' }, { name: 'Fans', lang: 'de' }];

test('no menu where there is nothing to choose', () => {
  expect(soundsView([], -1)).toBeUndefined();
  expect(soundsView(tracks.slice(0, 1), 0)).toBeUndefined();
});

test('each sound by its name, with its language', () => {
  expect(soundsView(tracks, 1)).toEqual({
    options: [
      { id: 'sound:main', label: 'Main sound', detail: '' },
      { id: 'sound:Deutsch', label: 'Deutsch', detail: 'de' },
      { id: 'sound:Fans', label: 'Fans', detail: 'de' },
    ],
    chosen: 'sound:Deutsch',
    limit: '',
  });
  expect(soundsView(tracks, -1)?.chosen).toBe('sound:main');
});

test('a choice keeps its meaning where the list is another', () => {
  expect(soundIndex(tracks, 'sound:Fans')).toBe(2);
  expect(soundIndex(tracks.slice(1), 'sound:Fans')).toBe(1);
  expect(soundIndex(tracks.slice(0, 1), 'sound:Fans')).toBe(-1);
});
