import { el } from './dom.ts';
import type { Fact } from './facts.ts';

/** Shows the facts; elements are kept while the labels stay the same. */
export function showFacts(list: HTMLElement, facts: readonly Fact[]): void {
  const labels = facts.map(([label]) => label).join('|');
  if (list.dataset['labels'] !== labels) {
    list.dataset['labels'] = labels;
    list.replaceChildren(
      ...facts.map(([label, , kind]) => el('div', {}, el('dt', {}, label), el('dd', { class: kind }))),
    );
  }
  const values = list.querySelectorAll('dd');
  facts.forEach(([, value], index) => {
    const element = values[index];
    if (element !== undefined && element.textContent !== value) element.textContent = value;
  });
}
