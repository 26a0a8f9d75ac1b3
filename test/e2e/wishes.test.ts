import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LayerViewer, publishLayers, statusOf, wallMs } from '#test/kit/layer-viewer.ts';
import { openRig, type Rig } from '#test/kit/rig.ts';
import { stretch } from '#test/kit/wait.ts';

const life = new AsyncDisposableStack();
let rig: Rig;

beforeAll(async () => {
  rig = life.use(await openRig());
});
afterAll(() => life.disposeAsync());

/** Chromium sends three layers of pictures this large, and of none smaller; few a second, so that no encoder falls behind. */
const picture = {
  width: 960,
  height: 540,
  frameRateHz: 15,
  audio: true,
  maxBitrateBps: 1_200_000,
  layers: [],
};
const threeSizes = [
  { rid: 'q', scaleDownBy: 4, maxBitrateBps: 120_000 },
  { rid: 'h', scaleDownBy: 2, maxBitrateBps: 350_000 },
  { rid: 'f', scaleDownBy: 1, maxBitrateBps: 900_000 },
];

/** A viewer that asks for layers. */
interface Chooser extends AsyncDisposable {
  readonly viewer: LayerViewer;
  /** Asks for something; gives when. */
  choose(body: object): Promise<number>;
  /** When the first frame of this width after `sinceMs` was shown. */
  shows(width: number, sinceMs: number): Promise<number>;
}

async function openChooser(stream: string, query = ''): Promise<Chooser> {
  const viewer = await LayerViewer.open(rig, rig.gateway.url(`/whep/${stream}${query}`));
  const [peer] = (await statusOf(rig.gateway, stream)).interactivePeers.slice(-1);
  const session = rig.gateway.url(`/whep/${stream}/${peer?.session ?? ''}`);
  return {
    viewer,
    async choose(body) {
      const response = await fetch(`${session}/layer`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(20_000),
      });
      expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
      return wallMs();
    },
    shows: (wanted, sinceMs) =>
      viewer.shows(`a frame ${wanted} wide`, ({ width }) => width === wanted, sinceMs),
    [Symbol.asyncDispose]: () => viewer[Symbol.asyncDispose](),
  };
}

describe('a viewer of three sizes', () => {
  it('picks one, leaves it to us again, and turns the picture off and on', async () => {
    const stream = 'sizes';
    await using publisher = await publishLayers(
      rig,
      stream,
      { ...picture, codec: 'vp8', layers: threeSizes },
      ({ layers, rungs = [] }) => {
        return layers.filter(({ width }) => width > 0).length === 3 && (rungs.at(-1)?.bps ?? 0) > 500_000;
      },
    );
    await using watched = await openChooser(stream);
    // Pinned, so that it tells of what its neighbour asks for alone, and not of how busy the machine is.
    await using other = await openChooser(stream, '?layer=high');
    await watched.shows(960, 0);
    const otherMs = await other.shows(960, 0);

    const lowMs = await watched.choose({ layer: 'low' });
    const shownLowMs = await watched.shows(240, lowMs);
    expect(shownLowMs - lowMs).toBeLessThan(5_000 * stretch());
    expect(await watched.viewer.widthsFor(2_000)).toEqual([240]);
    const viewers = (await statusOf(rig.gateway, stream)).interactivePeers;
    expect(viewers.map(({ wish }) => wish)).toContainEqual({ picture: 'smallest' });

    await watched.shows(480, await watched.choose({ mediaId: '0', encodingId: 'h', simulcastIdx: 1 }));
    await watched.shows(240, await watched.choose({ maxHeight: 200 }));
    await watched.shows(960, await watched.choose({}));

    await watched.choose({ off: true });
    await sleep(1_000);
    const quiet = await watched.viewer.look();
    expect(await watched.viewer.widthsFor(3_000)).toEqual([]);
    const later = await watched.viewer.look();
    expect(later.audioPackets - quiet.audioPackets).toBeGreaterThan(75);
    expect(later.bytes - quiet.bytes).toBeLessThan(5_000);
    const onMs = await watched.choose({});
    expect((await watched.shows(960, onMs)) - onMs).toBeLessThan(5_000 * stretch());
    await other.viewer.look();
    // All but what a busy browser did not send for a while.
    expect(other.viewer.shareOf(960, otherMs)).toBeGreaterThan(0.7);
    expect((await publisher.report()).connection).toBe('connected');
  });

  it('chooses with its offer: the large picture never comes', async () => {
    const stream = 'query';
    await using publisher = await publishLayers(
      rig,
      stream,
      { ...picture, codec: 'h264', layers: threeSizes },
      ({ layers }) => {
        return layers.filter(({ width, bitrateBps }) => width > 0 && bitrateBps > 0).length === 3;
      },
    );
    await using watched = await openChooser(stream, '?layer=low');
    await watched.shows(240, 0);
    await sleep(3_000);
    await watched.viewer.look();
    expect([...new Set(watched.viewer.frames.map(({ width }) => width))]).toEqual([240]);
    expect((await publisher.report()).connection).toBe('connected');
  });
});

describe('a viewer of layers inside one stream', () => {
  it('takes fewer of either kind, exactly as asked, and all again', async () => {
    const stream = 'inside';
    await using publisher = await publishLayers(
      rig,
      stream,
      { ...picture, codec: 'vp9', scalabilityMode: 'L3T3', maxBitrateBps: 900_000 },
      ({ layers }) => layers[0]?.parts?.length === 9,
    );
    await using watched = await openChooser(stream);
    await watched.shows(960, 0);
    await sleep(1_000);
    const wholeHz = await watched.viewer.decodedHz(3_000);

    await watched.choose({ maxTemporalLayerId: 0 });
    await sleep(1_000);
    expect(await watched.viewer.decodedHz(3_000)).toBeLessThan(0.6 * wholeHz);
    // A quarter of the pictures, of a busy browser: not many.
    expect(await watched.viewer.widthsFor(2_000)).toEqual([960]);

    await watched.shows(480, await watched.choose({ spatialLayerId: 1, temporalLayerId: 2 }));
    expect(await watched.viewer.widthsFor(2_000)).toEqual([480]);
    const [told] = (await statusOf(rig.gateway, stream)).interactivePeers;
    expect([told?.rung, told?.wish]).toEqual(['S1T2', { spatialLayer: 1, temporalLayer: 2 }]);

    await watched.shows(960, await watched.choose({}));
    expect((await publisher.report()).connection).toBe('connected');
  });
});
