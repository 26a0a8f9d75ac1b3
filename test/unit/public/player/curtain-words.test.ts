import { expect, it } from 'vitest';
import { curtainWords } from '#public/player/curtain-words.ts';

const view = { tier: undefined, problem: undefined, quality: undefined } as const;

it('covers the stage only while there is no picture', () => {
  expect(curtainWords({ ...view, state: 'joining' }, 'a').cover).toBe('full');
  expect(curtainWords({ ...view, state: 'stalled', tier: 'interactive' }, 'a').cover).toBe('thin');
  expect(curtainWords({ ...view, state: 'playing', tier: 'interactive' }, 'a').cover).toBe('none');
});

it('tells a stream that never was from one that paused', () => {
  expect(curtainWords({ ...view, state: 'waiting' }, 'lecture').title).toBe('“lecture” is not live yet');
  expect(curtainWords({ ...view, state: 'waiting', tier: 'broadcast' }, 'lecture').title).toBe(
    '“lecture” is paused',
  );
});

it('shows what failed and what to do', () => {
  const problem = { what: 'It broke.', remedy: 'Mend it.' };
  expect(curtainWords({ ...view, state: 'failed', problem }, 'a')).toEqual({
    cover: 'full',
    title: 'It broke.',
    text: 'Mend it.',
  });
  expect(curtainWords({ ...view, state: 'failed', tier: 'interactive', problem }, 'a').cover).toBe('full');
});

it('covers the last picture when the viewer turned pictures off', () => {
  const quality = { options: [], chosen: 'off', limit: '' };
  const playing = { ...view, state: 'playing', tier: 'interactive' } as const;
  expect(curtainWords({ ...playing, quality }, 'a')).toMatchObject({ cover: 'full', title: 'Audio only' });
  expect(curtainWords({ ...playing, quality: { ...quality, chosen: 'auto' } }, 'a').cover).toBe('none');
});
