import { byId, setText } from '../shared/dom.ts';
import { showSaid } from '../shared/said-line.ts';
import type { Trouble } from '../shared/trouble.ts';

/** Shows what is wrong and what helps; undefined takes it away. */
export function showAdvice(advice: Trouble | undefined): void {
  byId('problem', HTMLElement).hidden = advice === undefined;
  setText(byId('problem-what', HTMLElement), advice?.what ?? '');
  setText(byId('problem-remedy', HTMLElement), advice?.remedy ?? '');
  showSaid(byId('problem-said', HTMLElement), advice?.said);
}

/** Says whether the page is live. */
export function showState(words: string, look: 'good' | 'warn' | 'bad' | 'live' | ''): void {
  const badge = byId('state-badge', HTMLElement);
  badge.className = `badge ${look}`;
  setText(badge, words);
}
