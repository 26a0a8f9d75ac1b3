import { el } from '../shared/dom.ts';
import { formatBitrate, formatCount, plural } from '../shared/format.ts';
import type { Step } from './ladder.ts';

/** Shows what viewers can be given, a bar as long as its bitrate for each, and how many get it. */
export function showLadder(list: HTMLElement, steps: readonly Step[]): void {
  list.replaceChildren(...steps.map(stepItem));
}

function stepItem({ name, picture, bps, share, viewers, isPart, note }: Step): HTMLElement {
  const bar = el('span', { class: 'bar', 'aria-hidden': 'true' });
  bar.style.setProperty('--share', `${Math.max(1, Math.round(share * 100))}%`);
  return el(
    'li',
    { class: isPart ? 'step part' : 'step' },
    el('span', { class: 'name' }, name),
    el('span', { class: 'picture' }, picture),
    el('span', { class: 'rate' }, bar, el('span', {}, formatBitrate(bps))),
    el(
      'span',
      { class: viewers > 0 ? 'seats' : 'seats none', 'aria-label': plural(viewers, 'viewer') },
      viewers > 0 ? formatCount(viewers) : '–',
    ),
    ...(note === '' ? [] : [el('span', { class: 'note' }, note)]),
  );
}
