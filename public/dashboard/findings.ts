import { el } from '../shared/dom.ts';
import { showSaid } from '../shared/said-line.ts';
import type { Finding } from './finding.ts';

/** Shows findings as messages; untouched while they stay the same, so that nothing is read out twice. */
export function showFindings(container: HTMLElement, findings: readonly Finding[], allWell?: string): void {
  const signature = JSON.stringify(findings);
  if (container.dataset['findings'] === signature) return;
  container.dataset['findings'] = signature;
  container.hidden = findings.length === 0 && allWell === undefined;
  container.replaceChildren(
    ...findings.map(({ level, what, remedy, said }) => {
      const line = el('span', { class: 'said' });
      showSaid(line, said);
      const look = level === 'bad' ? 'message bad' : 'message';
      return el('div', { class: look }, el('strong', {}, what), el('span', {}, remedy), line);
    }),
  );
  if (findings.length === 0 && allWell !== undefined) {
    container.append(el('div', { class: 'message good' }, el('strong', {}, allWell)));
  }
}
