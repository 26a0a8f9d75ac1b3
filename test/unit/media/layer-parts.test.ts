import { expect, test } from 'vitest';
import { LayeredPublication, LayeredViewer, play } from '../../property/layered-viewers.ts';
import type { LayeredCodec } from '../../property/layered-codecs.ts';

const choice = { closed: true, spatials: 3, packets: 2, fates: Array<'comes'>(9).fill('comes') };

/** A layer of which a second's pictures came, measured, and a viewer that got them. */
function published(codec: LayeredCodec) {
  const publication = new LayeredPublication(codec, 15);
  const viewer = new LayeredViewer(publication);
  const choices = Array.from({ length: 20 }, (_, i) => ({ ...choice, keyframe: i === 0 || i === 4 }));
  play(publication, [viewer], { codec, choices, wishes: [[]], alwaysClosed: true, copiesFirst: false });
  publication.layer.measure(publication.nowMs + 1_000);
  return { publication, viewer, layer: publication.layer };
}

test.each([
  { codec: 'vp8' as const, labels: ['S0T0', 'S0T1', 'S0T2'] },
  { codec: 'vp9' as const, labels: ['S0T0', 'S0T1', 'S0T2', 'S1T0', 'S1T1', 'S1T2', 'S2T0', 'S2T1', 'S2T2'] },
  { codec: 'av1' as const, labels: ['S0T0', 'S0T1', 'S0T2', 'S1T0', 'S1T1', 'S1T2', 'S2T0', 'S2T1', 'S2T2'] },
])('$codec: every set of layers is a rung with its rate, and the last one is the whole stream', (of) => {
  const { layer } = published(of.codec);
  const rungs = layer.rungs();
  expect(rungs.map(({ label }) => label).sort()).toEqual(of.labels);
  expect(rungs.at(-1)).toMatchObject({
    source: layer.source,
    bps: layer.smoothedBps,
    label: of.labels.at(-1),
  });
  for (const [index, rung] of rungs.entries()) {
    expect(rung.bps).toBeGreaterThan(0);
    expect(rung.bps).toBeGreaterThanOrEqual(rungs[index - 1]?.bps ?? 0);
    expect(rung.source.stream).toBe(layer.source);
  }
  // The same rung is the same source whenever it is asked for.
  expect(layer.rungs().map(({ source }) => source)).toEqual(rungs.map(({ source }) => source));
});

test('AV1 says how large each spatial layer is', () => {
  const sizes = published('av1')
    .layer.rungs()
    .filter(({ temporal }) => temporal === 0)
    .map(({ spatial, width, height }) => [spatial, width, height]);
  expect(sizes.sort()).toEqual([
    [0, 320, 180],
    [1, 640, 360],
    [2, 1280, 720],
  ]);
});

test('a stored packet comes back as the one that its source sent, and nothing comes of strange sources', () => {
  const { layer, viewer } = published('vp9');
  const last = viewer.inOrder().at(-1)!;
  const origin = viewer.down.sourceSequenceFor(last.out & 0xffff)!;
  const stored = layer.stored(origin.source, origin.sequence, 5);
  expect(stored).toMatchObject({ marker: last.marker, arrivedMs: 5, copyCount: 0, payload: last.payload });
  const other = published('vp9').layer.rungs()[0]!.source;
  expect(layer.stored(other, origin.sequence, 5)).toBeUndefined();
  expect(layer.stored(layer.rungs()[0]!.source, origin.sequence, 5)).toBeUndefined();
});

test('nobody follows a part any more once its viewers are stopped', () => {
  const { layer, viewer } = published('vp9');
  const [smallest] = layer.rungs();
  viewer.down.select(smallest!.source);
  expect(smallest!.source.followers).toBe(1);
  expect(layer.source.followers).toBe(1);
  viewer.down.select(undefined);
  expect([smallest!.source.followers, layer.source.followers]).toEqual([0, 0]);
});
