import { el } from '../shared/dom.ts';
import type { Finding } from './finding.ts';

/** Shows findings as messages; untouched while they stay the same, so that nothing is read out twice. */
export function showFindings(container: HTMLElement, findings: readonly Finding[], allWell?: string): void {
  const signature = JSON.stringify(findings);
  if (container.dataset['findings'] === signature) return;
  container.dataset['findings'] = signature;
  container.hidden = findings.length === 0 && allWell === undefined;
  container.replaceChildren(
    ...findings.map(({ level, what, remedy }) =>
      el(
        'div',
        { class: level === 'bad' ? 'message bad' : 'message' },
        el('strong', {}, what),
        el('span', {}, remedy),
      ),
    ),
  );
  if (findings.length === 0 && allWell !== undefined) {
    container.append(el('div', { class: 'message good' }, el('strong', {}, allWell)));
  }
}
