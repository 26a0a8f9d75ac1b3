import { asksForToken } from '../shared/access-words.ts';
import type { VideoCodec } from '../shared/api-types.ts';
import { byId, setText, wireCopyButtons } from '../shared/dom.ts';
import { showFacts } from '../shared/fact-list.ts';
import type { SessionStatus } from '../shared/peer-session.ts';
import { programName } from '../shared/program-name.ts';
import { SignallingError } from '../shared/signalling.ts';
import { isStreamName, streamInPath } from '../shared/stream-name.ts';
import { WhipClient } from '../shared/whip-client.ts';
import {
  bitrateField,
  chosenKind,
  codecField,
  fillCodecs,
  form,
  go,
  keep,
  kinds,
  lockForm,
  nameField,
  simulcastField,
  tokenField,
  wireNameAndKey,
} from './form.ts';
import { HealthCard } from './health-card.ts';
import { showAdvice, showState } from './notices.ts';
import { publishTrouble, sourceAdvice } from './publish-words.ts';
import { readSenderTotals, senderRates, type SenderTotals } from './sender-stats.ts';
import { sendingFacts } from './sending-facts.ts';
import { ServerView, showServerView } from './server-view.ts';
import type { Source, SourceKind } from './source.ts';
import { openSource } from './sources.ts';

const preview = byId('preview', HTMLVideoElement);
const curtain = byId('curtain', HTMLElement);

let source: Source | undefined;
let client: WhipClient | undefined;
let followed: string | undefined;
let lastTotals: SenderTotals | undefined;
const health = new HealthCard();
const server = new ServerView();
/** The last choice wins, also when an earlier permission prompt is answered later. */
let choice = 0;

/** Shows a refusal; one that asks for a key leads to the field for it. */
function showRefusal(error: Error): void {
  const refusal =
    error instanceof SignallingError ? error : { status: undefined, code: '', message: error.message };
  showAdvice(publishTrouble(refusal));
  const isAboutKey = asksForToken(refusal);
  tokenField.setAttribute('aria-invalid', String(isAboutKey));
  if (isAboutKey) requestAnimationFrame(() => tokenField.focus());
}

/** Opens the chosen source and shows it; while live it takes the old one's place without a gap. */
async function choose(kind: SourceKind): Promise<boolean> {
  const mine = ++choice;
  try {
    const opened = await openSource(kind);
    if (mine !== choice) {
      opened.close();
      return false;
    }
    const old = source;
    source = opened;
    preview.srcObject = opened.media;
    curtain.hidden = true;
    await preview.play().catch(() => undefined); // A preview that waits for a click is no reason to stop.
    showAdvice(undefined);
    opened.media.getVideoTracks()[0]?.addEventListener('ended', () => void sourceEnded(opened));
    await swapWhileLive(opened);
    old?.close();
    return true;
  } catch (error) {
    if (mine === choice) showAdvice(sourceAdvice(error instanceof Error ? error.name : 'unknown', kind));
    return false;
  }
}

/** A session keeps its sections: a kind it did not start with needs a new session. */
async function swapWhileLive(opened: Source): Promise<void> {
  if (client?.status.state !== 'connected') return;
  for (const track of opened.media.getTracks()) {
    await client.replaceTrack(track).catch((error: unknown) => {
      console.info('Only a new session can carry this track:', error);
    });
  }
}

async function sourceEnded(ended: Source): Promise<void> {
  if (source !== ended) return;
  await stop();
  source = undefined;
  preview.srcObject = null;
  curtain.hidden = false;
  for (const input of form.querySelectorAll<HTMLInputElement>('input[name=source]')) input.checked = false;
  showAdvice({
    what: 'The picture ended.',
    remedy: 'The device was unplugged or sharing was stopped. Choose again.',
  });
}

async function publish(): Promise<void> {
  const stream = nameField.value.trim();
  if (!isStreamName(stream)) {
    nameField.setAttribute('aria-invalid', 'true');
    nameField.focus();
    showAdvice({
      what: 'This is no stream name.',
      remedy: 'Use letters, digits, dot, underscore and hyphen.',
    });
    return;
  }
  nameField.removeAttribute('aria-invalid');
  if (source === undefined && !(await choose(chosenKind() ?? 'canvas'))) return;
  if (source === undefined) return;
  showAdvice(undefined);
  keep.value = tokenField.value.trim();
  client = new WhipClient({
    url: `/whip/${stream}`,
    preferCodec: codecField.value as VideoCodec,
    maxBitrateBps: Number(bitrateField.value),
    simulcast: simulcastField.checked,
    ...(tokenField.value === '' ? {} : { token: tokenField.value.trim() }),
  });
  client.events.on('status', (status) => showStatus(status, stream));
  lockForm(true);
  await client.start(source.media).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') return;
    // What went wrong is already on the page, told by the status.
    client = undefined;
    lockForm(false);
  });
}

async function stop(): Promise<void> {
  const old = client;
  client = undefined;
  lastTotals = undefined;
  followed = undefined;
  lockForm(false);
  byId('facts', HTMLElement).hidden = true;
  byId('server-view', HTMLElement).hidden = true;
  byId('share', HTMLElement).hidden = true;
  health.follow(undefined);
  showState('Not live', '');
  await old?.stop();
}

function showStatus(status: SessionStatus, stream: string): void {
  switch (status.state) {
    case 'idle':
    case 'stopped':
      return;
    case 'connecting':
      showState('Connecting…', 'warn');
      return;
    case 'reconnecting':
      showState('Reconnecting…', 'warn');
      return;
    case 'waiting':
      showState(`Trying again in ${Math.max(1, Math.round(status.retryInMs / 1000))} s`, 'warn');
      showAdvice(publishTrouble(status.error));
      return;
    case 'failed':
      showState('Not live', 'bad');
      health.follow(undefined);
      showRefusal(status.error);
      return;
    case 'connected':
      showAdvice(undefined);
      tokenField.removeAttribute('aria-invalid');
      followSession();
      showState('Live', 'live');
      byId('share', HTMLElement).hidden = false;
      byId('share-tokens', HTMLElement).hidden = tokenField.value === '';
      setText(byId('watch-url', HTMLElement), `${location.origin}/watch/${stream}`);
      byId('watch-link', HTMLAnchorElement).href = `/watch/${stream}`;
  }
}

/** An ICE restart keeps the session, anything worse begins another one, with another doctor. */
function followSession(): void {
  const session = client?.opened;
  if (session?.endpoint.url === followed) return;
  followed = session?.endpoint.url;
  health.follow(session);
}

async function refresh(): Promise<void> {
  const report = await client?.getStats();
  if (report === undefined || client?.status.state !== 'connected') return;
  const entries: Record<string, unknown>[] = [];
  report.forEach((entry: Record<string, unknown>) => entries.push(entry));
  const now = readSenderTotals(entries, performance.now());
  const rates = lastTotals === undefined ? undefined : senderRates(lastTotals, now);
  lastTotals = now;
  if (rates === undefined) return;
  const list = byId('facts', HTMLElement);
  list.hidden = false;
  showFacts(list, sendingFacts(now, rates));
}

/** What the API tells of our stream, or of what OBS publishes under the name in the field. */
async function refreshServerView(): Promise<void> {
  const stream = await server.read(nameField.value.trim(), AbortSignal.timeout(5_000));
  const isOurs = client?.status.state === 'connected';
  if (stream !== undefined && (isOurs || stream.live)) showServerView(stream);
  else if (!isOurs) byId('server-view', HTMLElement).hidden = true;
  const other = client === undefined && stream?.live === true ? stream : undefined;
  const publisher = other?.publisher ?? undefined;
  health.showOther(programName(publisher?.userAgent ?? ''), publisher && other?.findings);
}

/** Starts the page; `?source=canvas&codec=vp8&start=1` publishes without a click, for tests and kiosks. */
async function main(): Promise<void> {
  const stream = streamInPath(location.pathname);
  if (stream !== undefined) nameField.value = stream;
  wireNameAndKey();
  if (!('RTCPeerConnection' in globalThis)) {
    showAdvice({
      what: 'This browser has no WebRTC.',
      remedy: 'Use a current Chrome, Edge, Firefox or Safari, or OBS.',
    });
    go.disabled = true;
    return;
  }
  fillCodecs();
  wireCopyButtons();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void (client === undefined ? publish() : stop());
  });
  form.addEventListener('change', ({ target }) => {
    if (target instanceof HTMLInputElement && target.name === 'source')
      void choose(target.value as SourceKind);
  });
  setInterval(() => void refresh(), 1_000);
  setInterval(() => void refreshServerView(), 2_000);
  const parameters = new URLSearchParams(location.search);
  const codec = parameters.get('codec');
  if (codec !== null) codecField.value = codec;
  const wanted = kinds.find((kind) => kind === parameters.get('source'));
  if (wanted === undefined) return;
  const input = form.querySelector<HTMLInputElement>(`input[name=source][value=${wanted}]`);
  if (input !== null) input.checked = true;
  if ((await choose(wanted)) && parameters.get('start') === '1') await publish();
}

void main();
