import type { RenditionReport, StreamView } from '../shared/api-types.ts';
import { el, setText } from '../shared/dom.ts';
import {
  formatBitrate,
  formatBytes,
  formatCodec,
  formatCount,
  formatDuration,
  formatLatency,
  formatRatio,
  plural,
} from '../shared/format.ts';
import { showFacts } from '../shared/fact-list.ts';
import type { Fact } from '../shared/facts.ts';
import { streamFindings } from './health.ts';
import { StreamHistory } from './history.ts';
import { showFindings } from './findings.ts';
import { ladderOf } from './ladder.ts';
import { encoderName, madeFrom } from './qualities.ts';
import { showLadder } from './ladder-view.ts';
import type { Row } from './row.ts';
import { FindingList } from '../shared/finding-list.ts';
import { details, table } from './table.ts';
import { transportWord, viewerHeadings, viewerRows } from './viewer-table.ts';
import { sparkline } from './sparkline.ts';
import { sparklinePaths } from './sparkline-paths.ts';
import { programName } from '../shared/program-name.ts';

const graphSeconds = 120;

/** One stream's card; it lives as long as the stream is listed, so that an opened table stays open. */
export class StreamCard {
  readonly element: HTMLElement;
  readonly #history = new StreamHistory(graphSeconds);
  readonly #badge = el('span', { class: 'badge' });
  readonly #facts = { publisher: factList(), bridge: factList(), hls: factList(), viewers: factList() };
  readonly #graph = sparkline('Bitrate from the publisher over the last two minutes');
  readonly #scale = el('span');
  readonly #span = el('span');
  readonly #whileLive: readonly HTMLElement[];
  readonly #doctor = new FindingList({ open: false });
  readonly #doctorHead = el('h4', {}, 'What the doctor finds');
  readonly #problems = el('div', { class: 'problems', 'aria-live': 'polite' });
  readonly #layers = table([
    'Layer',
    'Picture',
    'Frame rate',
    'Bitrate',
    'Lost',
    'Repaired',
    'Keyframes',
    'Jitter',
  ]);
  readonly #renditions = table([
    'Rendition',
    'Codec',
    'Picture',
    'Made',
    'Bitrate',
    'Segment',
    'Parts',
    'Part target',
  ]);
  readonly #peers = table(viewerHeadings);
  readonly #ladder = el('ol', { class: 'ladder' });
  readonly #peersSummary = el('summary', {}, 'Front row');

  constructor(id: string) {
    const heading = el('h3', { class: 'title' }, id);
    const panels = el(
      'div',
      { class: 'panels' },
      el('section', { class: 'panel wide' }, ladderHead(), this.#ladder),
      panel('Publisher', this.#facts.publisher, graph(this.#graph.element, this.#span, this.#scale)),
      panel('Viewers', this.#facts.viewers),
      panel('FFmpeg bridge', this.#facts.bridge),
      panel('LL-HLS', this.#facts.hls),
    );
    const layers = details(el('summary', {}, 'Layers and tracks'), this.#layers.element);
    const renditions = details(el('summary', {}, 'HLS renditions'), this.#renditions.element);
    this.#whileLive = [panels, layers, renditions];
    this.element = el(
      'article',
      { class: 'card stream' },
      el(
        'div',
        { class: 'row spread' },
        el('div', { class: 'row' }, heading, this.#badge),
        el('a', { class: 'button small', href: `/watch/${id}`, 'aria-label': `Watch ${id}` }, 'Watch'),
      ),
      this.#problems,
      el('section', { class: 'panel wide doctor' }, this.#doctorHead, this.#doctor.element),
      panels,
      layers,
      renditions,
      details(this.#peersSummary, this.#peers.element),
    );
  }

  /** Takes one snapshot in and shows it. */
  update(stream: StreamView, nowMs: number): void {
    this.#history.add(stream, nowMs);
    this.#badge.className = stream.live ? 'badge live' : 'badge';
    setText(this.#badge, stream.live ? 'Live' : 'Waiting for a publisher');
    showFindings(this.#problems, streamFindings(stream, this.#history, nowMs));
    const findings = stream.live ? stream.findings : [];
    this.#doctor.show(findings, nowMs);
    setText(this.#doctorHead, doctorTitle(stream.live, findings));
    showFacts(this.#facts.publisher, publisherFacts(stream, this.#history, nowMs));
    showFacts(this.#facts.viewers, viewerFacts(stream));
    showFacts(this.#facts.bridge, bridgeFacts(stream));
    showFacts(this.#facts.hls, hlsFacts(stream));
    for (const element of this.#whileLive) element.hidden = !stream.live;
    const slots = Math.max(30, this.#history.samples.length);
    const paths = sparklinePaths(
      this.#history.samples.map((sample) => sample.bitrateBps),
      slots,
    );
    this.#graph.update(paths);
    setText(this.#span, `${slots} s ago`);
    setText(this.#scale, `top ${formatBitrate(paths.top)}`);
    this.#layers.rows(layerRows(stream));
    this.#renditions.rows(
      (stream.hls?.renditions ?? []).map((rendition) => renditionRow(rendition, stream.bridge)),
    );
    setText(this.#peersSummary, `Front row: ${plural(stream.interactivePeers.length, 'viewer')}`);
    this.#peers.rows(viewerRows(stream, nowMs));
    showLadder(this.#ladder, ladderOf(stream));
  }
}

function doctorTitle(live: boolean, findings: StreamView['findings']): string {
  if (!live) return 'Nobody publishes, so there is nothing to look at';
  const count = (severity: string): number => findings.filter((one) => one.severity === severity).length;
  const parts = [
    [count('problem'), 'problem'],
    [count('warning'), 'warning'],
    [count('note'), 'note'],
  ] as const;
  const words = parts.filter(([number]) => number > 0).map(([number, word]) => plural(number, word));
  return words.length === 0 ? 'The doctor finds nothing to mend' : `The doctor finds ${words.join(', ')}`;
}

function publisherFacts(stream: StreamView, history: StreamHistory, nowMs: number): readonly Fact[] {
  const { publisher, startedAt } = stream;
  if (publisher === null) return [['Publisher', 'nobody now']];
  return [
    ['Codecs', publisher.codecs.map(formatCodec).join(' + ')],
    ['Bitrate', formatBitrate(history.samples.at(-1)?.bitrateBps ?? 0)],
    ['Loss', formatRatio(history.lossRatio())],
    ['Round trip', publisher.rttMs > 0 ? formatLatency(publisher.rttMs) : 'not measured'],
    ['Live for', startedAt === null ? '–' : formatDuration(nowMs - Date.parse(startedAt))],
    ['Program', programName(publisher.userAgent)],
    ['Comes over', transportWord(publisher.transport)],
    ['Address', publisher.address, 'address'],
  ];
}

function viewerFacts({
  viewers,
  interactivePeers,
  interactiveTotals,
  tracks,
  hls,
}: StreamView): readonly Fact[] {
  const middle = median(interactivePeers.map((peer) => peer.rttMs));
  const path = median(interactivePeers.map((peer) => peer.estimateBps));
  const replays = tracks.reduce((sum, { startUp }) => sum + (startUp?.replays ?? 0), 0);
  return [
    ['Front row', formatCount(viewers.interactive)],
    ['Broadcast', formatCount(viewers.broadcast)],
    ['Median round trip', middle === undefined ? 'not measured' : formatLatency(middle)],
    ['Worst loss', formatRatio(Math.max(0, ...interactivePeers.map((peer) => peer.lossRatio)))],
    ['Median path', path === undefined ? 'not measured' : formatBitrate(path)],
    ['Quick starts', formatCount(replays)],
    ['WebRTC sent', formatBytes(interactiveTotals.bytesSent)],
    ['HLS sent', formatBytes(hls?.bytesOut ?? 0)],
  ];
}

/** Of what was measured: 0 is not. */
function median(values: readonly number[]): number | undefined {
  const measured = values.filter((value) => value > 0).toSorted((a, b) => a - b);
  return measured[Math.floor(measured.length / 2)];
}

function bridgeFacts({ bridge }: StreamView): readonly Fact[] {
  if (bridge === null) return [['State', 'off']];
  const states = {
    waiting: 'waiting for a keyframe',
    running: 'running',
    restarting: 'restarting',
    failed: 'failed',
  };
  return [
    ['State', states[bridge.state]],
    [
      'Video',
      bridge.video === 'passthrough' ? 'untouched' : bridge.video === 'transcode' ? 'to H.264' : 'none',
    ],
    ['Audio', bridge.audio === 'transcode' ? 'to AAC' : 'none'],
    ['Encoder', bridge.encoder === undefined ? 'none needed' : encoderName(bridge.encoder.name)],
    ['CPU', `${bridge.cpuCores.toFixed(2)} cores`],
    ['Frames in', formatCount(bridge.framesIn)],
    ['Dropped', formatCount(bridge.framesDropped)],
    ['Restarts', String(bridge.restarts)],
    ['Epoch', String(bridge.epoch)],
  ];
}

function hlsFacts({ hls }: StreamView): readonly Fact[] {
  if (hls === null) return [['State', 'off']];
  const first = hls.renditions.find((rendition) => rendition.kind === 'video') ?? hls.renditions[0];
  const facts: Fact[] = [['Playlist', hls.ready ? 'ready' : 'not yet']];
  if (first !== undefined) {
    facts.push(['Part target', `${Math.round(first.partTargetMs)} ms`]);
    facts.push(['Segment target', `${(first.segmentTargetMs / 1000).toFixed(1)} s`]);
    facts.push(['Segment', formatCount(first.segment)]);
  }
  facts.push(['Requests', formatCount(hls.requests)]);
  return facts;
}

function layerRows(stream: StreamView): readonly Row[] {
  return stream.tracks.flatMap((track) =>
    track.layers.map((layer) => [
      `${formatCodec(track.codec)}${layer.rid === '' ? '' : ` · ${layer.rid}`}`,
      track.kind === 'audio' ? 'sound' : layer.width > 0 ? `${layer.width} × ${layer.height}` : '…',
      track.kind === 'audio' ? '–' : `${Math.round(layer.frameRate)} fps`,
      formatBitrate(layer.bitrateBps),
      formatCount(layer.lost),
      formatCount(layer.repaired),
      track.kind === 'audio' ? '–' : formatCount(layer.keyframes),
      `${layer.jitterMs.toFixed(1)} ms`,
    ]),
  );
}

function renditionRow(rendition: RenditionReport, bridge: StreamView['bridge']): Row {
  const { kind, width, height } = rendition;
  return [
    rendition.rendition,
    rendition.codecs,
    kind === 'video' ? `${width} × ${height}` : 'sound',
    madeFrom(rendition, bridge),
    formatBitrate(rendition.bitrateBps),
    formatCount(rendition.segment),
    formatCount(rendition.parts),
    `${Math.round(rendition.partTargetMs)} ms`,
  ];
}

function ladderHead(): HTMLElement {
  return el('h4', {}, el('span', {}, 'What viewers can get'), el('span', {}, 'Viewers'));
}

function factList(): HTMLElement {
  return el('dl', { class: 'facts' });
}

function panel(title: string, ...content: readonly Node[]): HTMLElement {
  return el('section', { class: 'panel' }, el('h4', {}, title), ...content);
}

function graph(line: Element, span: HTMLElement, scale: HTMLElement): HTMLElement {
  return el('div', { class: 'graph' }, line, el('div', { class: 'scale' }, span, scale));
}
