import { describe, expect, test } from 'vitest';
import type { VideoWish } from '#src/core/media.ts';
import type { ToldLayers } from '#src/session/layers-event.ts';
import { openPublisher } from '#src/session/publish.ts';
import { openViewer } from '#src/session/view.ts';
import { checkWish, setWish, wishOf } from '#src/session/wishes.ts';
import { offerFor, sessionRig } from '#test/kit/session-fakes.ts';

const part = (rid: string, spatialLayerId: number, temporalLayerId: number): ToldLayers['layers'][number] => {
  return { id: rid, rid, simulcastIdx: 0, spatialLayerId, temporalLayerId, bitrate: 1 };
};
const told: ToldLayers = {
  active: [{ id: 'h', simulcastIdx: 1, bitrate: 2, layers: [] }],
  inactive: [{ id: 'f', simulcastIdx: 2 }],
  layers: [part('h', 0, 0), part('h', 0, 1)],
};

describe('a viewer', () => {
  test('has its first wish and the limit of its token from the beginning, and may ask for less later', async () => {
    const { deps, gateway } = sessionRig();
    await openPublisher(deps, offerFor('a'));
    const offer = offerFor('a');
    const grant = { ...offer.grant, action: 'view', maxHeight: 480 } as const;
    const session = await openViewer(deps, { ...offer, grant, wish: { maxHeight: 720, rid: 'h' } });
    expect(wishOf(session)).toEqual({ rid: 'h', maxHeight: 480 });
    setWish(session, { maxHeight: 180 });
    setWish(session, { off: true });
    setWish(session, {});
    expect(gateway.peers[1]?.wishes).toEqual([
      { rid: 'h', maxHeight: 480 },
      { maxHeight: 180 },
      { off: true, maxHeight: 480 },
      { maxHeight: 480 },
    ]);
    expect(wishOf(session)).toEqual({ maxHeight: 480 });
  });
});

describe('a wish', () => {
  test.each<VideoWish>([
    {},
    { off: true },
    { rid: 'h', temporalLayer: 1 },
    { rid: 'f' },
    { rid: 'f', spatialLayer: 2 },
    { maxSpatialLayer: 7, maxHeight: 1 },
    { spatialLayer: 0 },
  ])('%o names what there is', (wish) => {
    expect(() => checkWish(wish, told)).not.toThrow();
  });

  test.each<[VideoWish, string]>([
    [{ rid: 'x' }, 'the stream has no rid "x"; there is h, f'],
    [{ rid: 'h', spatialLayer: 1 }, 'the stream has no h S1T*; there is h S0T0, h S0T1'],
    [{ temporalLayer: 2 }, 'the stream has no S*T2; there is h S0T0, h S0T1'],
  ])('%o names what there is not', (wish, text) => {
    expect(() => checkWish(wish, told)).toThrow(text);
  });

  test('about a stream that was not measured yet is taken as it is', () => {
    expect(() => checkWish({ spatialLayer: 1 }, { active: [], inactive: [], layers: [] })).not.toThrow();
  });
});
