import { expect, test } from 'vitest';
import {
  type AudioTrackList,
  type ChoosableSound,
  NativeSounds,
} from '../../../../public/player/native-sounds.ts';
import { PlaybackNews } from '../../../../public/player/playback-news.ts';

class Tracks extends EventTarget implements AudioTrackList {
  readonly #tracks: ChoosableSound[] = [];

  add(label: string, language: string, enabled = false): ChoosableSound {
    const track = { label, language, enabled };
    this.#tracks.push(track);
    this.dispatchEvent(new Event('addtrack'));
    return track;
  }

  [Symbol.iterator](): Iterator<ChoosableSound> {
    return this.#tracks[Symbol.iterator]();
  }
}

test('sounds that the browser finds are offered where there are several; one of them is heard', () => {
  const tracks = new Tracks();
  const news = new PlaybackNews();
  const closing = new AbortController();
  const sounds = new NativeSounds(tracks, news, closing.signal);
  const first = tracks.add('main', '', true);
  expect(news.state.sounds).toBeUndefined();
  const second = tracks.add('Deutsch', 'de');
  expect(news.state.sounds).toMatchObject({ chosen: 'sound:main', options: [{}, { detail: 'de' }] });
  sounds.choose('sound:Deutsch');
  expect([first.enabled, second.enabled]).toEqual([false, true]);
  expect(news.state.sounds?.chosen).toBe('sound:Deutsch');
  sounds.choose('sound:nothing');
  expect([first.enabled, second.enabled]).toEqual([false, true]);
  closing.abort();
  tracks.add('Fans', '');
  expect(news.state.sounds?.options).toHaveLength(2);
});

test('browsers without audio tracks offer nothing', () => {
  const news = new PlaybackNews();
  new NativeSounds(undefined, news, new AbortController().signal).choose('sound:main');
  expect(news.state.sounds).toBeUndefined();
});
