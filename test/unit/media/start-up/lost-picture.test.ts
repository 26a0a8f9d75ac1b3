import { describe, expect, it } from 'vitest';
import type { Copy } from '../publication-rig.ts';
import { brokenLaws, filmed, keyAtFirst, marksOf, videoOf } from './filming.ts';

describe('a viewer that lost its picture', () => {
  /** It asks as Chromium does while it shows nothing new. */
  const freeze = ({ rig, filming }: ReturnType<typeof filmed>, viewer: number, spanMs: number): void => {
    for (let passedMs = 0; passedMs < spanMs; passedMs += 300) {
      rig.pli(viewer);
      filming.film(300);
    }
  };
  const timesOf = (copies: readonly Copy[], mark: number | undefined): number =>
    copies.filter((copy) => copy.mark === mark).length;

  it('of a deaf publisher gets everything since the last keyframe again, behind what it had, and goes on live', () => {
    const set = filmed(0);
    const { rig, filming } = set;
    filming.film(40, keyAtFirst);
    const viewer = rig.viewer(['vp8']);
    filming.film(2_000);
    freeze(set, viewer, 4_500);
    filming.film(1_000);
    const copies = videoOf(rig, viewer);
    expect(brokenLaws(copies)).toEqual([]);
    expect(timesOf(copies, filming.keyframeMarks[0])).toBe(2);
    const again = copies.findLastIndex(({ mark }) => mark === filming.keyframeMarks[0]);
    expect(marksOf(copies.slice(again))).toEqual(filming.sent);
  });

  it('gets it now and then, not as often as it asks', () => {
    const set = filmed(40);
    const viewer = set.rig.viewer(['vp8']);
    set.filming.film(400);
    freeze(set, viewer, 12_000);
    const times = timesOf(videoOf(set.rig, viewer), set.filming.keyframeMarks[0]);
    expect(times).toBeGreaterThanOrEqual(3);
    expect(times).toBeLessThanOrEqual(4);
  });

  it('of a publisher that may answer waits for the keyframe that was asked for', () => {
    const set = filmed(2_000);
    const viewer = set.rig.viewer(['vp8']);
    set.filming.film(400);
    set.rig.pli(viewer);
    set.filming.film(300, () => true);
    expect(timesOf(videoOf(set.rig, viewer), set.filming.keyframeMarks[0])).toBe(1);
  });
});
