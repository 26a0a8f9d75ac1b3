/** Attributes and properties that {@link el} sets; `class` and `data-*` included, undefined leaves out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Makes an element with attributes and children; text is never read as HTML. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

/** The element with this id, which the page's HTML promises; throws when it is not of that type. */
export function byId<T extends Element>(id: string, type: abstract new (...args: never[]) => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`The page has no ${type.name} #${id}.`);
  return element;
}

/** Sets text only when it changed, so that screen readers do not repeat a live region. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Turns every `button[data-copy="id"]` below `root` into one that copies that element's text or value. */
export function wireCopyButtons(root: ParentNode = document): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>('button[data-copy]')) {
    button.addEventListener('click', () => {
      const source = document.getElementById(button.dataset['copy'] ?? '');
      void copyText(button, source instanceof HTMLInputElement ? source.value : (source?.textContent ?? ''));
    });
  }
}

/** Copies text and says so on the button; selects nothing, asks nothing. */
export async function copyText(button: HTMLButtonElement, text: string): Promise<void> {
  const label = (button.dataset['label'] ??= button.textContent);
  const copied = await writeClipboard(text.trim());
  setText(button, copied ? 'Copied' : 'Press Ctrl+C');
  setTimeout(() => setText(button, label), 1_800);
}

async function writeClipboard(text: string): Promise<boolean> {
  try {
    // Typed as always there, but absent on plain http:// addresses.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    if (clipboard !== undefined) {
      await clipboard.writeText(text);
      return true;
    }
  } catch {
    // Permission denied: the older way below still works after a click.
  }
  const area = el('textarea', { class: 'visually-hidden', 'aria-hidden': 'true' });
  area.value = text;
  document.body.append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way to copy on an insecure origin
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}
