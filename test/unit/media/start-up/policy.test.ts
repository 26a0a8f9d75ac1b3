import { describe, expect, it } from 'vitest';
import { decideStartUp, type StartUpFacts } from '#src/media/start-up/policy.ts';

const facts: StartUpFacts = {
  cachedMs: 5_000,
  replayMs: 150,
  hearing: 'unknown',
  answerMs: 0,
  watching: false,
};
const decide = (changes: Partial<StartUpFacts>) => decideStartUp({ ...facts, ...changes });

describe('a viewer without a picture', () => {
  it('waits for a keyframe, however long, when there is nothing else', () => {
    expect(decide({ cachedMs: undefined })).toEqual({ by: 'keyframe', patienceMs: Infinity });
    expect(decide({ cachedMs: undefined, hearing: 'deaf', watching: true }).by).toBe('keyframe');
  });

  it.each(['deaf', 'unknown'] as const)('gets the past from a publisher that is %s', (hearing) => {
    expect(decide({ hearing })).toEqual({ by: 'replay' });
  });

  it('waits for a keyframe that surely comes sooner than the past is decoded', () => {
    expect(decide({ hearing: 'answers', answerMs: 60 })).toEqual({ by: 'keyframe', patienceMs: 320 });
  });

  it('gets the past when it is short, or the answer slow', () => {
    expect(decide({ hearing: 'answers', answerMs: 60, cachedMs: 1_000 }).by).toBe('replay');
    expect(decide({ hearing: 'answers', answerMs: 600 }).by).toBe('replay');
  });
});

describe('a viewer that shows another layer', () => {
  it('keeps it while a keyframe may come, even of a short past', () => {
    expect(decide({ watching: true, cachedMs: 400 })).toEqual({ by: 'keyframe', patienceMs: 1_000 });
    expect(decide({ watching: true, hearing: 'answers', answerMs: 50 }).by).toBe('keyframe');
  });

  it('gets the past at once from a publisher that is deaf', () => {
    expect(decide({ watching: true, hearing: 'deaf' })).toEqual({ by: 'replay' });
  });
});
