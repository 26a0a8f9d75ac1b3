import { followSnapshots } from '../shared/api.ts';
import type { NodeView, Snapshot, StreamView } from '../shared/api-types.ts';
import { byId, setText } from '../shared/dom.ts';
import { plural } from '../shared/format.ts';
import { PageToken } from '../shared/page-token.ts';
import { accessTrouble, asksForToken } from '../shared/access-words.ts';
import { TokenForm } from '../shared/token-form.ts';
import { AccessBadge } from './access-badge.ts';
import { showFindings } from './findings.ts';
import { nodeFindings } from './health.ts';
import { NodeRates, nodeTiles } from './node-tiles.ts';
import { StreamCard } from './stream-card.ts';
import { engineText, ffmpegText, portsText, workerHeadings, workerRows } from './node-words.ts';
import { table } from './table.ts';
import { showTiles } from './tile-list.ts';

const key = new PageToken('operate');
const keyForm = new TokenForm({
  id: 'operate-key',
  label: 'Operator’s key or token',
  button: 'Show',
  note: 'This gateway shows its numbers to operators. The key stays in this tab.',
  submit: (typed) => (key.value = typed),
});
const access = new AccessBadge(key);
const cards = new Map<string, StreamCard>();
const rates = new NodeRates();
const container = byId('streams', HTMLElement);
const freshness = byId('freshness', HTMLElement);
const workers = table(workerHeadings);
byId('workers', HTMLElement).append(workers.element);
keyForm.element.classList.add('card');
byId('health', HTMLElement).after(keyForm.element);
/** Nothing of the gateway is shown to whom it refuses; what was shown before stays, grown old. */
const numbers = document.querySelectorAll<HTMLElement>('main > .block');
let isShown = false;
showNumbers();

function showNumbers(): void {
  for (const part of numbers) part.hidden = !isShown;
}

function showNode(snapshot: Snapshot, nowMs: number): void {
  const { node } = snapshot;
  const now = rates.update(node, nowMs);
  showTiles(byId('tiles', HTMLElement), nodeTiles(snapshot, now));
  const findings = nodeFindings(node, now);
  showFindings(byId('health', HTMLElement), findings, 'The gateway is well.');
  setText(byId('node-line', HTMLElement), nodeLine(node));
  byId('workers', HTMLElement).hidden = node.workers.length < 2;
  workers.rows(workerRows(node));
}

function nodeLine(node: NodeView): string {
  return `Media on UDP ${portsText(node.rtcPorts)} at ${node.addresses.join(', ')} · ${engineText(node)} · ${ffmpegText(node)}`;
}

/** Live streams first, then by name; cards are kept and moved only when the order changed. */
function showStreams(streams: readonly StreamView[], nowMs: number): void {
  const ordered = streams.toSorted((a, b) => Number(b.live) - Number(a.live) || a.id.localeCompare(b.id));
  for (const id of cards.keys()) {
    if (!ordered.some((stream) => stream.id === id)) {
      cards.get(id)?.element.remove();
      cards.delete(id);
    }
  }
  ordered.forEach((stream, index) => {
    const card = cards.get(stream.id) ?? new StreamCard(stream.id);
    cards.set(stream.id, card);
    if (container.children[index] !== card.element)
      container.insertBefore(card.element, container.children[index] ?? null);
    card.update(stream, nowMs);
  });
  byId('nothing', HTMLElement).hidden = streams.length > 0;
  setText(byId('streams-count', HTMLElement), plural(streams.length, 'stream'));
}

void followSnapshots(
  {
    snapshot: ({ node, streams }) => {
      const nowMs = Date.now();
      isShown = true;
      showNumbers();
      access.admitted();
      if (node !== undefined) showNode({ node, streams }, nowMs);
      showStreams(streams, nowMs);
      setText(
        freshness,
        node === undefined ? 'Every two seconds; gateway numbers are missing' : 'Live, once a second',
      );
    },
    trouble: (error) => {
      if (error === undefined) {
        keyForm.hide();
        return;
      }
      setText(freshness, 'Not connected');
      if (asksForToken(error)) {
        const { what, remedy, said } = accessTrouble(error, 'operate');
        showFindings(byId('health', HTMLElement), [{ level: 'warn', what, remedy, said }]);
        access.refused();
        keyForm.show();
        return;
      }
      const remedy = `${isShown ? 'The numbers below are old. ' : ''}This page tries again by itself.`;
      showFindings(byId('health', HTMLElement), [{ level: 'bad', what: error.message, remedy }]);
    },
  },
  new AbortController().signal,
  key,
);
