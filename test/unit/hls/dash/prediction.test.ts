import { describe, expect, test } from 'vitest';
import { predict, predictedEndMs } from '#src/hls/dash/prediction.ts';
import { hlsConfig } from '#src/hls/config.ts';
import { timingOf } from '#src/hls/timing.ts';

const timing = timingOf(250, hlsConfig.parse({ segmentTargetMs: 2_000 }));

describe('how long the next segment will be', () => {
  test('nobody knows before the first', () => {
    expect(predict([], timing)).toBeUndefined();
  });

  test('as long as those before, and rather longer', () => {
    expect(predict([2_000, 2_033, 2_000], timing)).toEqual({ durationMs: 2_133, segments: 2 });
  });

  test('one that the publisher stretched by being away does not count', () => {
    expect(predict([2_000, 2_033, 2_000, 6_500, 2_000], timing)).toEqual({ durationMs: 2_133, segments: 2 });
  });

  test('a short one at the end of a run does not make the next shorter than it can be', () => {
    expect(predict([300], timing)).toEqual({ durationMs: 1_900, segments: 2 });
  });

  test('longer ones are promised one at a time, very long ones not at all', () => {
    expect(predict([3_000], timing)).toEqual({ durationMs: 3_100, segments: 1 });
    expect(predict([8_333], timing)).toBeUndefined();
  });
});

describe('where an open segment is said to end', () => {
  test('at its prediction, whatever it holds', () => {
    for (const hasMs of [0, 500, 2_100]) expect(predictedEndMs(10_000, 10_000 + hasMs, 2_100)).toBe(12_100);
  });

  test('by halves later once it outgrows it, so that it rarely changes', () => {
    expect(predictedEndMs(10_000, 12_101, 2_100)).toBe(13_150);
    expect(predictedEndMs(10_000, 13_150, 2_100)).toBe(13_150);
    expect(predictedEndMs(10_000, 13_151, 2_100)).toBe(14_200);
  });
});
