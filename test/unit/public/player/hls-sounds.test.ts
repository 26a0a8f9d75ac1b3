import type Hls from 'hls.js';
import { expect, test } from 'vitest';
import { HlsSounds } from '../../../../public/player/hls-sounds.ts';
import { PlaybackNews } from '../../../../public/player/playback-news.ts';

const engine = {
  default: {
    Events: {
      ...{ AUDIO_TRACKS_UPDATED: 'updated', AUDIO_TRACK_SWITCHED: 'switched' },
      AUDIO_TRACK_UPDATED: 'details',
    },
  },
} as unknown as { readonly default: typeof Hls };

/** What of hls.js is used. */
class FakeHls {
  audioTracks: readonly { readonly name: string; readonly lang?: string }[] = [];
  audioTrack = -1;
  readonly #heard = new Map<string, (event: string, data: unknown) => void>();

  on(event: string, hear: (event: string, data: unknown) => void): void {
    this.#heard.set(event, hear);
  }

  raise(event: string, data: unknown = {}): void {
    this.#heard.get(event)?.(event, data);
  }
}

test('audio tracks are offered, chosen, and the first is taken where one is gone', () => {
  const hls = new FakeHls();
  const news = new PlaybackNews();
  const sounds = new HlsSounds(hls as unknown as Hls, engine, news);
  hls.audioTracks = [{ name: 'main' }, { name: 'Deutsch', lang: 'de' }];
  hls.audioTrack = 0;
  hls.raise('updated');
  expect(news.state.sounds?.chosen).toBe('sound:main');
  sounds.choose('sound:Deutsch');
  expect([hls.audioTrack, news.state.sounds?.chosen]).toEqual([1, 'sound:Deutsch']);
  sounds.choose('sound:other');
  const updated = (id: number, ...gaps: readonly boolean[]): void =>
    hls.raise('details', { id, details: { fragments: gaps.map((gap) => ({ gap })) } });
  updated(1);
  updated(1, true, false);
  updated(0, true);
  expect(hls.audioTrack).toBe(1);
  updated(1, false, true);
  expect([hls.audioTrack, news.state.sounds?.chosen]).toEqual([0, 'sound:main']);
});
