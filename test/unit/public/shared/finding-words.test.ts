import { expect, it } from 'vitest';
import { evidenceTexts, severityWord, sinceText } from '#public/shared/finding-words.ts';

it('figures have names and units that people read', () => {
  const evidence = {
    keyframeIntervalMs: 8_333,
    bitrateBps: 2_500_000,
    lossRatio: 0.021,
    frameRateHz: 29.97,
    unevenPercent: 23,
    bursts: 5,
    from: '1280x720',
  };
  expect(evidenceTexts(evidence)).toEqual([
    'keyframe interval 8.33 s',
    'bitrate 2.5 Mbit/s',
    'loss 2.1 %',
    'frame rate 29.97 Hz',
    'uneven 23 %',
    'bursts 5',
    'from 1280x720',
  ]);
  expect(evidenceTexts({})).toEqual([]);
});

it('tells how long it has been so, and how bad it is', () => {
  const nowMs = Date.parse('2026-01-01T00:02:05Z');
  expect(sinceText('2026-01-01T00:00:00Z', nowMs)).toBe('for 2 min 5 s');
  expect(sinceText('once', nowMs)).toBe('');
  expect(new Set((['problem', 'warning', 'note'] as const).map(severityWord)).size).toBe(3);
});
