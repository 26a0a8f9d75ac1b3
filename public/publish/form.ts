import type { VideoCodec } from '../shared/api-types.ts';
import { availableVideoCodecs } from '../shared/codec-order.ts';
import { byId, copyText, el, setText } from '../shared/dom.ts';
import { formatCodec } from '../shared/format.ts';
import { PageToken } from '../shared/page-token.ts';
import { isStreamName, streamInPath } from '../shared/stream-name.ts';
import { codecNote } from './publish-words.ts';
import type { SourceKind } from './source.ts';

/** The whole form. */
export const form = byId('form', HTMLFormElement);
/** Name of the stream. */
export const nameField = byId('stream-name', HTMLInputElement);
/** Stream key or token. */
export const tokenField = byId('token', HTMLInputElement);
/** Codec of the picture. */
export const codecField = byId('codec', HTMLSelectElement);
/** What the picture may take. */
export const bitrateField = byId('bitrate', HTMLSelectElement);
/** Whether three sizes are sent. */
export const simulcastField = byId('simulcast', HTMLInputElement);
/** Goes live, and ends it. */
export const go = byId('go', HTMLButtonElement);
/** What can be sent. */
export const kinds: readonly SourceKind[] = ['camera', 'screen', 'canvas'];
/** The key of each stream, for as long as the tab is open. */
export const keep = new PageToken('publish', streamInPath(location.pathname) ?? nameField.value);

/** While a session runs, only the picture can change; the button ends it. */
export function lockForm(live: boolean): void {
  for (const field of [nameField, tokenField, codecField, bitrateField, simulcastField])
    field.disabled = live;
  go.className = live ? 'button danger' : 'button primary';
  setText(go, live ? 'Stop' : 'Go live');
}

/** The source that is ticked. */
export function chosenKind(): SourceKind | undefined {
  const value = new FormData(form).get('source');
  return kinds.find((kind) => kind === value);
}

/** Offers the codecs that this browser encodes. */
export function fillCodecs(): void {
  const codecs = availableVideoCodecs(RTCRtpSender.getCapabilities('video')?.codecs ?? []);
  codecField.replaceChildren(...codecs.map((codec) => el('option', { value: codec }, formatCodec(codec))));
  const explain = (): void =>
    setText(byId('codec-note', HTMLElement), codecNote(codecField.value as VideoCodec));
  codecField.addEventListener('change', explain);
  explain();
}

/** A key is remembered for its stream; OBS's settings follow from the name. */
export function wireNameAndKey(): void {
  const showName = (): void => {
    const name = nameField.value.trim();
    keep.stream = name;
    if (keep.value !== undefined) tokenField.value = keep.value;
    setText(byId('obs-server', HTMLElement), `${location.origin}/whip/${isStreamName(name) ? name : '…'}`);
  };
  const copyToken = byId('copy-token', HTMLButtonElement);
  const showToken = (): void => {
    copyToken.disabled = tokenField.value === '';
    setText(byId('obs-token', HTMLElement), copyToken.disabled ? 'none typed in above' : '••••••••');
  };
  showName();
  showToken();
  nameField.addEventListener('input', () => {
    showName();
    showToken();
  });
  tokenField.addEventListener('input', showToken);
  tokenField.addEventListener('change', () => (keep.value = tokenField.value.trim()));
  copyToken.addEventListener('click', () => void copyText(copyToken, tokenField.value));
  keep.onArrival((token) => {
    tokenField.value = token;
    showToken();
  });
}
