import { el } from '../shared/dom.ts';
import type { Tile } from './node-tiles.ts';

/** Shows the tiles. */
export function showTiles(list: HTMLElement, tiles: readonly Tile[]): void {
  list.replaceChildren(
    ...tiles.map(({ label, value, remark }) =>
      el('div', { class: 'tile' }, el('dt', {}, label), el('dd', {}, value, el('small', {}, remark))),
    ),
  );
}
