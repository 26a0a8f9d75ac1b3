import { describe, expect, it } from 'vitest';
import { chooseLayer } from '#src/media/layer-choice.ts';

const layer = (smoothedBps: number): { smoothedBps: number } => ({ smoothedBps });

describe('chooseLayer', () => {
  it('takes the largest when nothing was chosen', () => {
    const layers = [layer(500), layer(2_000), layer(1_000)];
    expect(chooseLayer(layers, undefined)).toBe(layers[1]);
  });

  it('stays for a close call and goes for a clear one', () => {
    const layers = [layer(1_000), layer(1_200)];
    expect(chooseLayer(layers, layers[0])).toBe(layers[0]);
    layers[1]!.smoothedBps = 1_300;
    expect(chooseLayer(layers, layers[0])).toBe(layers[1]);
    expect(chooseLayer(layers, layers[1])).toBe(layers[1]);
  });

  it('takes the largest of all that are clearly larger', () => {
    const layers = [layer(100), layer(1_000), layer(900)];
    expect(chooseLayer(layers, layers[0])).toBe(layers[1]);
  });

  it('leaves a layer that stopped and chooses nothing when all are still', () => {
    const layers = [layer(0), layer(10)];
    expect(chooseLayer(layers, layers[0])).toBe(layers[1]);
    expect(chooseLayer([layer(0)], undefined)).toBeUndefined();
    const stopped = layer(0);
    expect(chooseLayer([stopped], stopped)).toBe(stopped);
  });
});
