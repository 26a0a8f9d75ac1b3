import { el } from './dom.ts';
import type { PageToken } from './page-token.ts';

/** A small form for an operator's key, shown where the gateway asks for one. */
export function tokenForm(token: PageToken, explain: string): HTMLFormElement {
  const field = el('input', {
    type: 'password',
    id: 'operate-key',
    autocomplete: 'current-password',
    required: true,
  });
  const form = el(
    'form',
    { class: 'card field', hidden: true },
    el('label', { for: field.id }, 'Operator’s key or token'),
    field,
    el('p', { class: 'note' }, explain),
    el('button', { class: 'button primary', type: 'submit' }, 'Show'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    token.value = field.value.trim();
    field.value = '';
  });
  return form;
}

/** Whether a refusal asks for another key. */
export function asksForKey(error: { readonly status: number } | undefined): boolean {
  return error?.status === 401 || error?.status === 403;
}
