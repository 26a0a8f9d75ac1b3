import { expect, test } from 'vitest';
import { captionsIndex, captionsOff, captionsView } from '../../../../public/player/captions.ts';

const tracks = [{ name: 'English', lang: 'en' }, { name: 'Deutsch', lang: 'de' }, { name: 'Other' }];

test('no menu where there are no captions', () => {
  expect(captionsView([], -1)).toBeUndefined();
});

test('none, and each language by its own name', () => {
  expect(captionsView(tracks, 1)).toEqual({
    options: [
      { id: 'off', label: 'Off', detail: '' },
      { id: 'cc:en', label: 'English', detail: 'en' },
      { id: 'cc:de', label: 'Deutsch', detail: 'de' },
      { id: 'cc:Other', label: 'Other', detail: '' },
    ],
    chosen: 'cc:de',
    limit: '',
  });
  expect(captionsView(tracks, -1)?.chosen).toBe(captionsOff);
});

test('a choice keeps its meaning where the list is another', () => {
  expect(captionsIndex(tracks, 'cc:de')).toBe(1);
  expect(captionsIndex(tracks.slice(1), 'cc:de')).toBe(0);
  expect(captionsIndex(tracks.slice(2), 'cc:de')).toBe(-1);
  expect(captionsIndex(tracks, captionsOff)).toBe(-1);
});
