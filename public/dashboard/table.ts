import { el } from '../shared/dom.ts';
import type { Cell, Row } from './row.ts';

/** A table that scrolls sideways where it is too wide. */
export interface Table {
  readonly element: HTMLElement;
  rows(rows: readonly Row[]): void;
}

/** Makes a table with these headings; its rows are replaced each time. */
export function table(headings: readonly string[]): Table {
  const body = el('tbody');
  const head = el('tr', {}, ...headings.map((heading) => el('th', { scope: 'col' }, heading)));
  const element = el('div', { class: 'scroll', tabindex: 0 }, el('table', {}, el('thead', {}, head), body));
  return {
    element,
    rows(rows) {
      body.replaceChildren(...rows.map((row) => el('tr', {}, ...row.map(tableCell))));
      if (rows.length === 0) body.append(el('tr', {}, el('td', { colspan: headings.length }, 'nothing')));
    },
  };
}

/** Something that is opened by a click. */
export function details(summary: HTMLElement, content: HTMLElement): HTMLElement {
  return el('details', {}, summary, content);
}

function tableCell(cell: Cell): HTMLElement {
  return typeof cell === 'string'
    ? el('td', {}, cell)
    : el('td', { class: cell.hot ? 'hot' : undefined }, cell.text);
}
