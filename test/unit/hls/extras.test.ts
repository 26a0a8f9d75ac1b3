import { afterEach, describe, expect, test } from 'vitest';
import type { ExtraPlace, ExtraRendition } from '#src/hls/extras.ts';
import type { Listing } from '#src/hls/listing.ts';
import { Waiters } from '#src/hls/waiters.ts';
import { MediaWindow } from '#src/hls/window.ts';
import { EpochFeed } from '#test/kit/hls-source.ts';
import { Packagers, read } from '#test/kit/hls-packager.ts';

const packagers = new Packagers();
afterEach(() => packagers[Symbol.asyncDispose]());

/** Something served beside the tracks, which remembers what it was told. */
class Beside implements ExtraRendition {
  readonly told: { readonly msn: number; readonly ended: boolean }[] = [];
  readonly served: ExtraRendition['served'];
  readonly entry = { as: 'subtitles', language: 'en', name: 'English', isDefault: false } as const;

  constructor(id: string, { timing }: ExtraPlace) {
    this.served = {
      id,
      timing,
      mediaType: 'text/vtt',
      window: new MediaWindow(timing, 1_000_000),
      waiters: new Waiters(10),
      hintName: undefined,
      init: () => undefined,
      playlist: () => ({ plain: Buffer.from(id), gzip: Buffer.alloc(0) }),
    };
  }

  report(): ReturnType<ExtraRendition['report']> {
    return { uri: `${this.served.id}.m3u8`, lastMsn: 7, lastPart: 2 };
  }

  follow({ window }: Listing): void {
    this.told.push({ msn: window.last.msn, ended: window.ended });
  }
}

describe('a rendition that no track feeds', () => {
  test('is made when the times of the stream are known, served, listed and reported', async () => {
    const packager = packagers.open({ iFrames: false });
    const made: Beside[] = [];
    const add = (id: string): boolean =>
      packager.addExtra((place) => {
        const beside = new Beside(id, place);
        made.push(beside);
        return beside;
      });
    expect(add('s1')).toBe(true);
    expect(made).toHaveLength(0);
    const feed = new EpochFeed();
    packager.accept(feed.epoch);
    await feed.advanceTo(16_000);
    expect(add('s0')).toBe(true);
    expect(packager.served('s1')).toBe(made[0]?.served);
    expect(made[0]?.served.timing.partTargetMs).toBeGreaterThan(0);
    expect(packager.multivariant()).toMatch(/URI="[\w-]{8}\/s0\.m3u8"[^]*URI="[\w-]{8}\/s1\.m3u8"/);
    const reports = read(packager, 'v0').reports.map((report) => report.get('URI'));
    expect(reports).toEqual(['a0.m3u8', 's0.m3u8', 's1.m3u8']);
  });

  test('hears of everything that the video lists, up to the end, also one that came late', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed();
    packager.accept(feed.epoch);
    await feed.advanceTo(16_000);
    const late: Beside[] = [];
    packager.addExtra((place) => {
      late.push(new Beside('s0', place));
      return late[0] ?? new Beside('s0', place);
    });
    const now = read(packager, 'v0').segments.at(-1)?.msn;
    expect(late[0]?.told).toEqual([{ msn: now, ended: false }]);
    await feed.advanceTo(20_000);
    packager.finish();
    expect(late[0]?.told.length).toBeGreaterThan(10);
    expect(late[0]?.told.at(-1)?.ended).toBe(true);
  });

  test('is refused when there are too many', () => {
    const packager = packagers.open();
    const answers = Array.from({ length: 70 }, (_, index) =>
      packager.addExtra((place) => new Beside(`s${index}`, place)),
    );
    expect(answers.filter((taken) => taken)).toHaveLength(64);
    expect(answers.at(-1)).toBe(false);
  });
});
