import { followSnapshots } from '../shared/api.ts';
import type { NodeView, StreamView } from '../shared/api-types.ts';
import { byId, el, setText, wireCopyButtons } from '../shared/dom.ts';
import { isStreamName } from '../shared/stream-name.ts';
import { PageToken } from '../shared/page-token.ts';
import { asksForToken } from '../shared/access-words.ts';
import { formatCodec, formatCount, formatDuration, plural } from '../shared/format.ts';

const streams = byId('streams', HTMLElement);
const nothing = byId('nothing', HTMLElement);
const count = byId('live-count', HTMLElement);
const trouble = byId('trouble', HTMLElement);
const closed = byId('closed', HTMLElement);
const nameField = byId('stream-name', HTMLInputElement);
const nodeLine = byId('node-line', HTMLElement);

const base = location.origin;
let shown = '';

/** Fills in every address that follows from the stream name. */
function showAddresses(): void {
  const typed = nameField.value.trim();
  const valid = isStreamName(typed);
  nameField.setAttribute('aria-invalid', String(!valid));
  if (!valid) return;
  setText(byId('whip-url', HTMLElement), `${base}/whip/${typed}`);
  setText(byId('watch-url', HTMLElement), `${base}/watch/${typed}`);
  setText(byId('hls-url', HTMLElement), `${base}/hls/${typed}/index.m3u8`);
  byId('publish-link', HTMLAnchorElement).href = `/publish/${typed}`;
}

/** One live stream. */
function card(stream: StreamView): HTMLElement {
  const { id, viewers, publisher, startedAt, tracks, hls } = stream;
  const video = tracks.find((track) => track.kind === 'video');
  const size = video?.layers.reduce((best, layer) => (layer.height > best.height ? layer : best));
  const codecs = (publisher?.codecs ?? []).map(formatCodec).join(' + ');
  const facts = [codecs, size !== undefined && size.height > 0 ? `${size.width} × ${size.height}` : ''];
  if (startedAt !== null) facts.push(`since ${formatDuration(Date.now() - Date.parse(startedAt))}`);
  return el(
    'article',
    { class: 'card' },
    el(
      'div',
      { class: 'row spread' },
      el('h3', { class: 'stream-name' }, id),
      el('span', { class: 'badge live' }, 'Live'),
    ),
    el('p', { class: 'note' }, facts.filter((fact) => fact !== '').join(' · ')),
    el(
      'div',
      { class: 'seats' },
      el('span', { class: 'badge interactive' }, `${formatCount(viewers.interactive)} in the front row`),
      el('span', { class: 'badge broadcast' }, `${formatCount(viewers.broadcast)} on the broadcast`),
    ),
    el(
      'div',
      { class: 'row' },
      el('a', { class: 'button primary', href: `/watch/${id}`, 'aria-label': `Watch ${id}` }, 'Watch'),
      ...(hls?.ready === true
        ? [el('a', { class: 'button', href: `/watch/${id}?want=broadcast` }, 'Broadcast')]
        : []),
    ),
  );
}

/** Shows the live streams; leaves the page alone when nothing changed, so that focus stays where it is. */
function showStreams(all: readonly StreamView[]): void {
  const live = all.filter((stream) => stream.live);
  const signature = JSON.stringify(
    live.map(({ id, viewers, publisher, tracks, startedAt, hls }) => [
      id,
      hls?.ready,
      viewers,
      publisher?.codecs,
      tracks.map((track) => track.layers.map((layer) => layer.height)),
      startedAt === null ? 0 : Math.floor((Date.now() - Date.parse(startedAt)) / 10_000),
    ]),
  );
  nothing.hidden = live.length > 0;
  setText(count, live.length === 0 ? '' : plural(live.length, 'stream'));
  if (signature === shown) return;
  shown = signature;
  const focused =
    document.activeElement instanceof HTMLAnchorElement ? document.activeElement.href : undefined;
  streams.replaceChildren(...live.map(card));
  for (const link of streams.querySelectorAll('a')) if (link.href === focused) link.focus();
}

/** The gateway's own address and a line about it. */
function showNode(node: NodeView): void {
  // Behind a proxy or in a container, the address in the browser's bar is the one that is known to work.
  const ffmpeg = node.ffmpeg.available
    ? ''
    : ` · broadcast off: ${node.ffmpeg.problem ?? 'FFmpeg is missing'}`;
  setText(nodeLine, `Frontrow ${node.version} · media on UDP ${node.rtcPort}${ffmpeg}`);
}

nameField.addEventListener('input', showAddresses);
showAddresses();
wireCopyButtons();
void followSnapshots(
  {
    snapshot: ({ node, streams: all }) => {
      showStreams(all);
      if (node !== undefined) showNode(node);
    },
    trouble: (error) => {
      trouble.hidden = error === undefined || asksForToken(error);
      closed.hidden = !asksForToken(error);
      if (error !== undefined) setText(trouble, `${error.message} This page tries again by itself.`);
    },
  },
  new AbortController().signal,
  new PageToken('operate'),
);
