import { expect, test } from 'vitest';
import type { LadderName } from '#src/core/ladder.ts';
import { planRungs } from '#src/bridge/layers/rung-plan.ts';
import type { SideLayer } from '#src/bridge/layers/side-layer.ts';

/** A layer of a picture of 16 to 9; one that cannot be copied where there is a problem. */
function layer(index: number, height: number, problem?: string): SideLayer {
  const width = Math.round((height * 16) / 9);
  const config = { codec: 'h264', width, height, codecPrivate: new Uint8Array() } as const;
  return { layer: index, rid: `r${index}`, config, reorderDepth: 0, bitrateBps: 1e5, problem };
}

function plan(
  name: LadderName,
  topPx: number,
  seen: readonly SideLayer[],
  awaited = 0,
): { readonly copies: readonly string[]; readonly encoded: readonly string[] } {
  const { copies, encoded } = planRungs(
    name,
    { width: Math.round((topPx * 16) / 9), height: topPx },
    { seen, awaited },
  );
  return {
    copies: copies.map(({ rendition, config }) => `${rendition} ${config.height}`),
    encoded: encoded.map(({ rendition, height }) => `${rendition} ${height}`),
  };
}

test('without layers a ladder is what it always was', () => {
  expect(plan('ladder-3', 1080, [])).toEqual({ copies: [], encoded: ['v1 540', 'v2 270'] });
  expect(plan('passthrough', 1080, [])).toEqual({ copies: [], encoded: [] });
});

test('layers are copied by size, whatever the ladder; it encodes only what is missing of its number', () => {
  const browser = [layer(0, 180), layer(1, 360)];
  const copies = ['v1 360', 'v2 180'];
  expect(plan('passthrough', 720, browser)).toEqual({ copies, encoded: [] });
  expect(plan('ladder-2', 720, browser)).toEqual({ copies, encoded: [] });
  expect(plan('ladder-3', 720, browser)).toEqual({ copies, encoded: [] });
  const obs = [layer(1, 720), layer(2, 360)];
  expect(plan('ladder-3', 1080, obs)).toEqual({ copies: ['v1 720', 'v2 360'], encoded: [] });
  expect(plan('ladder-4', 1080, obs)).toEqual({ copies: ['v1 720', 'v2 360'], encoded: ['v3 144'] });
});

test('a rung near a layer is not encoded', () => {
  expect(plan('ladder-3', 1080, [layer(1, 540)])).toEqual({ copies: ['v1 540'], encoded: ['v2 270'] });
  expect(plan('ladder-3', 1080, [layer(1, 480)])).toEqual({ copies: ['v1 480'], encoded: ['v2 270'] });
});

test('an encode takes the place of a layer that cannot be copied, under its name', () => {
  const gone = 'gone';
  expect(plan('ladder-3', 1080, [layer(1, 720, gone), layer(2, 360)])).toEqual({
    copies: ['v2 360'],
    encoded: ['v1 540'],
  });
  expect(plan('ladder-3', 1080, [layer(1, 720), layer(2, 360, gone)])).toEqual({
    copies: ['v1 720'],
    encoded: ['v2 270'],
  });
  expect(plan('passthrough', 1080, [layer(1, 720, gone), layer(2, 360)])).toEqual({
    copies: ['v2 360'],
    encoded: [],
  });
  expect(plan('ladder-3', 720, [layer(1, 360, gone), layer(2, 180, gone)])).toEqual({
    copies: [],
    encoded: ['v1 360', 'v2 180'],
  });
});

test('rungs keep their names while a larger layer leads or is missing', () => {
  expect(plan('passthrough', 360, [layer(0, 720, 'gone'), layer(2, 180)])).toEqual({
    copies: ['v2 180'],
    encoded: [],
  });
});

test('no two rungs have one name, whatever is missing, and copies are the same whatever is encoded', () => {
  const heights = [720, 540, 360, 270, 180, 144];
  for (const name of ['passthrough', 'ladder-2', 'ladder-3', 'ladder-4'] as const) {
    for (let set = 0; set < 3 ** 3; set += 1) {
      const layers = [1, 2, 3].flatMap((index) => {
        const state = Math.floor(set / 3 ** (index - 1)) % 3;
        return state === 0
          ? []
          : [layer(index, heights[2 * index - 2] ?? 0, state === 1 ? 'gone' : undefined)];
      });
      const { copies, encoded } = planRungs(
        name,
        { width: 1920, height: 1080 },
        { seen: layers, awaited: 0 },
      );
      const names = [...copies, ...encoded].map(({ rendition }) => rendition);
      expect(new Set(['v0', ...names]).size).toBe(names.length + 1);
      expect(copies.length).toBe(layers.filter(({ problem }) => problem === undefined).length);
    }
  }
});

test('what is awaited is not encoded meanwhile', () => {
  expect(plan('ladder-3', 1080, [], 2)).toEqual({ copies: [], encoded: [] });
  expect(plan('ladder-3', 1080, [layer(1, 720)], 1)).toEqual({ copies: ['v1 720'], encoded: [] });
  expect(plan('ladder-4', 1080, [layer(1, 720)], 1)).toEqual({ copies: ['v1 720'], encoded: ['v2 144'] });
});
