import { expect, test } from 'vitest';
import { type ChoosableTrack, NativeText, type TrackList } from '../../../../public/player/native-text.ts';
import { PlaybackNews } from '../../../../public/player/playback-news.ts';

class Tracks extends EventTarget implements TrackList {
  readonly #tracks: ChoosableTrack[] = [];

  add(kind: string, language: string, mode = 'disabled'): ChoosableTrack {
    const track = { kind, label: language.toUpperCase(), language, mode };
    this.#tracks.push(track);
    this.dispatchEvent(new Event('addtrack'));
    return track;
  }

  [Symbol.iterator](): Iterator<ChoosableTrack> {
    return this.#tracks[Symbol.iterator]();
  }
}

test('tracks that the browser finds are offered; one of them is shown', () => {
  const tracks = new Tracks();
  const news = new PlaybackNews();
  const closing = new AbortController();
  const text = new NativeText(tracks, news, closing.signal);
  const metadata = tracks.add('metadata', '', 'hidden');
  expect(news.state.captions).toBeUndefined();
  const english = tracks.add('subtitles', 'en', 'showing');
  const german = tracks.add('captions', 'de');
  expect(news.state.captions).toMatchObject({
    options: [{ id: 'off' }, { id: 'cc:en', label: 'EN' }, { id: 'cc:de' }],
    chosen: 'cc:en',
  });
  text.choose('cc:de');
  expect([english.mode, german.mode, metadata.mode]).toEqual(['disabled', 'showing', 'hidden']);
  expect(news.state.captions?.chosen).toBe('cc:de');
  text.choose('off');
  expect([english.mode, german.mode]).toEqual(['disabled', 'disabled']);
  closing.abort();
  tracks.add('subtitles', 'fr');
  expect(news.state.captions?.options).toHaveLength(3);
});
