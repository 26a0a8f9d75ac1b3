import { el } from './dom.ts';
import type { Said } from './trouble.ts';

/** Shows what the gateway said, with its code small beside it; hides the line when it said nothing. */
export function showSaid(line: HTMLElement, said: Said | undefined): void {
  line.hidden = said === undefined;
  const words = said === undefined ? '' : JSON.stringify(said);
  if (line.dataset['said'] === words) return;
  line.dataset['said'] = words;
  if (said === undefined) line.replaceChildren();
  else
    line.replaceChildren(
      el('span', {}, `The gateway says: ${said.detail} `),
      ...(said.code === '' ? [] : [el('code', {}, said.code)]),
    );
}
