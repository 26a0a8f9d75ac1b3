import type { Finding } from './api-types.ts';
import { el, setText } from './dom.ts';
import { evidenceTexts, severityWord, sinceText } from './finding-words.ts';

interface Item {
  readonly element: HTMLDetailsElement;
  show(finding: Finding, nowMs: number): void;
}

/**
 * The doctor's findings, the worst first, each with a sentence, what mends it, how long it has been so, and the figures
 * behind it. Items stay as long as their finding does, so that nothing closes under somebody's hand and nothing is read out
 * twice.
 */
export class FindingList {
  readonly element = el('div', { class: 'findings', 'aria-live': 'polite', 'aria-relevant': 'additions' });
  readonly #items = new Map<string, Item>();
  readonly #isOpen: boolean;

  constructor({ open }: { readonly open: boolean }) {
    this.#isOpen = open;
  }

  /** Shows these instead of those before. */
  show(findings: readonly Finding[], nowMs: number): void {
    const keys = findings.map(({ code, kind = '' }) => `${code} ${kind}`);
    for (const [key, { element }] of this.#items) {
      if (keys.includes(key)) continue;
      element.remove();
      this.#items.delete(key);
    }
    findings.forEach((finding, index) => {
      const key = keys[index] ?? '';
      const item = this.#items.get(key) ?? makeItem(this.#isOpen);
      this.#items.set(key, item);
      item.show(finding, nowMs);
      const there = this.element.children[index];
      if (there !== item.element) this.element.insertBefore(item.element, there ?? null);
    });
    this.element.hidden = findings.length === 0;
  }
}

function makeItem(open: boolean): Item {
  const severity = el('span', { class: 'visually-hidden' });
  const message = el('span');
  const advice = el('p');
  const since = el('span');
  const figures = el('span');
  const code = el('code');
  const summary = el('summary', {}, severity, message);
  const meta = el('p', { class: 'said' }, since, figures, code);
  const element = el('details', { class: 'finding', open }, summary, advice, meta);
  return {
    element,
    show(finding, nowMs) {
      element.dataset['severity'] = finding.severity;
      setText(severity, `${severityWord(finding.severity)}: `);
      setText(message, finding.message);
      setText(advice, finding.advice);
      setText(since, sinceText(finding.since, nowMs));
      const evidence = evidenceTexts(finding.evidence);
      figures.hidden = evidence.length === 0;
      setText(figures, evidence.join(', '));
      setText(code, finding.code);
    },
  };
}
