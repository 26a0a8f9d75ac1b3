import { describe, expect, test } from 'vitest';
import { nextPeerId, nextPublicationId, type PeerId, type PublicationId } from '#src/core/ids.ts';
import { Placement } from '#src/media/workers/placement.ts';

function viewers(placement: Placement, publication: PublicationId, count: number): [PeerId, number][] {
  return Array.from({ length: count }, () => {
    const peer = nextPeerId();
    return [peer, placement.place(peer, publication, 'viewer') ?? -1];
  });
}

const countsOf = (placed: readonly [PeerId, number][], workers: number): number[] =>
  Array.from({ length: workers }, (_, worker) => placed.filter(([, at]) => at === worker).length);

describe('placement', () => {
  test('publications spread, and their publishers go with them', () => {
    const placement = new Placement(3);
    const publications = Array.from({ length: 6 }, nextPublicationId);
    expect(publications.map((one) => placement.open(one))).toEqual([0, 1, 2, 0, 1, 2]);
    expect(placement.open(publications[1]!)).toBe(1);
    expect(publications.map((one) => placement.place(nextPeerId(), one, 'publisher'))).toEqual([
      0, 1, 2, 0, 1, 2,
    ]);
  });

  test('a small audience stays at home, a large one is shared out evenly', () => {
    const placement = new Placement(2);
    const publication = nextPublicationId();
    placement.open(publication);
    const few = viewers(placement, publication, 5);
    expect(countsOf(few, 2)).toEqual([5, 0]);
    expect(placement.mirrors(publication)).toEqual([]);
    const many = viewers(placement, publication, 395);
    const [here = 0, there = 0] = countsOf([...few, ...many], 2);
    expect(placement.mirrors(publication)).toEqual([1]);
    expect(here + there).toBe(400);
    expect(Math.abs(here - there)).toBeLessThanOrEqual(16);
  });

  test('new viewers go where others left', () => {
    const placement = new Placement(2, { homeCost: 0, mirrorCost: 0 });
    const publication = nextPublicationId();
    placement.open(publication);
    const placed = viewers(placement, publication, 10);
    expect(countsOf(placed, 2)).toEqual([5, 5]);
    for (const [peer, worker] of placed) if (worker === 1) expect(placement.remove(peer)).toBe(publication);
    expect(placement.mirrors(publication)).toEqual([]);
    expect(countsOf(viewers(placement, publication, 5), 2)).toEqual([0, 5]);
  });

  test('what is unknown has no place, and nothing is counted twice', () => {
    const placement = new Placement(2, { homeCost: 0, mirrorCost: 0 });
    const publication = nextPublicationId();
    expect(placement.place(nextPeerId(), publication, 'viewer')).toBeUndefined();
    expect(placement.remove(nextPeerId())).toBeUndefined();
    placement.open(publication);
    const peer = viewers(placement, publication, 1)[0]?.[0] ?? nextPeerId();
    expect(placement.place(peer, publication, 'viewer')).toBe(0);
    expect(viewers(placement, publication, 1)[0]?.[1]).toBe(1);
    placement.close(publication);
    placement.close(publication);
    expect(placement.remove(peer)).toBe(publication);
    const next = nextPublicationId();
    expect(placement.open(next)).toBe(0);
    expect(countsOf(viewers(placement, next, 4), 2)).toEqual([2, 2]);
  });
});
