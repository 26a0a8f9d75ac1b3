import { FrontrowPlayer } from '../player/frontrow-player.ts';
import type { PlayerView } from '../player/player-view.ts';
import { reasonSentence, tierName, tierTechnology } from '../player/player-words.ts';
import type { TierStats } from '../player/tier.ts';
import { getJson } from '../shared/api.ts';
import { SignallingError } from '../shared/signalling.ts';
import { PageToken } from '../shared/page-token.ts';
import { asksForKey } from '../shared/token-form.ts';
import type { StreamView, Tier } from '../shared/api-types.ts';
import { byId, el, setText } from '../shared/dom.ts';
import { streamInPath } from '../shared/stream-name.ts';
import { formatCount, formatLatency } from '../shared/format.ts';
import { curtainWords } from './curtain-words.ts';
import { showFacts } from '../shared/fact-list.ts';
import { statFacts } from './stat-facts.ts';

const stage = byId('stage', HTMLElement);
const curtain = byId('curtain', HTMLElement);
const unmute = byId('unmute', HTMLButtonElement);
const mute = byId('mute', HTMLButtonElement);
const volume = byId('volume', HTMLInputElement);
const tiers: readonly Tier[] = ['interactive', 'broadcast'];

/** Writes the page's words from the player's view. */
function show(player: FrontrowPlayer, view: PlayerView, stream: string): void {
  const words = curtainWords(view, stream);
  curtain.hidden = words.cover === 'none';
  curtain.classList.toggle('thin', words.cover === 'thin');
  setText(byId('curtain-title', HTMLElement), words.title);
  setText(byId('curtain-text', HTMLElement), words.text);

  const live = byId('live-badge', HTMLElement);
  live.hidden = view.state !== 'playing';
  if (live.hidden) byId('latency-badge', HTMLElement).hidden = true;
  unmute.hidden = !view.soundBlocked || view.state !== 'playing';
  showSound(player);

  const problem = byId('problem', HTMLElement);
  // A full curtain already says what went wrong.
  problem.hidden = view.problem === undefined || view.state === 'failed';
  setText(byId('problem-what', HTMLElement), view.problem?.what ?? '');
  setText(byId('problem-remedy', HTMLElement), view.problem?.remedy ?? '');
  showTier(view);
}

function showTier(view: PlayerView): void {
  const badge = byId('tier-badge', HTMLElement);
  const seated = view.tier !== undefined && view.state !== 'failed';
  badge.hidden = !seated;
  badge.className = `badge dot ${view.tier ?? ''}`;
  if (view.tier !== undefined) setText(badge, `${tierName(view.tier)} · ${tierTechnology(view.tier)}`);
  const why = !seated || view.reason === undefined ? '' : reasonSentence(view.reason);
  setText(
    byId('tier-why', HTMLElement),
    view.switchingTo === undefined ? why : `Getting ${tierName(view.switchingTo)} ready…`,
  );
  for (const tier of tiers) {
    const button = byId(`tier-${tier}`, HTMLButtonElement);
    button.setAttribute('aria-pressed', String(view.tier === tier));
    button.setAttribute('aria-busy', String(view.switchingTo === tier));
    setText(button, view.switchingTo === tier ? 'Switching…' : tierName(tier));
  }
}

function showSound(player: FrontrowPlayer): void {
  mute.setAttribute('aria-pressed', String(player.muted));
  setText(mute, player.muted ? 'Unmute' : 'Mute');
}

function wireControls(player: FrontrowPlayer): void {
  const setMuted = (muted: boolean): void => void player.setMuted(muted).then(() => showSound(player));
  unmute.addEventListener('click', () => setMuted(false));
  mute.addEventListener('click', () => setMuted(!player.muted));
  volume.addEventListener('input', () => {
    player.volume = volume.valueAsNumber;
    if (player.muted && player.volume > 0) setMuted(false);
  });
  for (const tier of tiers) {
    byId(`tier-${tier}`, HTMLButtonElement).addEventListener('click', () => void player.switchTo(tier));
  }
  const fullscreen = byId('fullscreen', HTMLButtonElement);
  fullscreen.addEventListener('click', () => void toggleFullscreen(player));
  document.addEventListener('fullscreenchange', () => {
    setText(fullscreen, document.fullscreenElement === null ? 'Full screen' : 'Leave full screen');
  });
}

async function toggleFullscreen(player: FrontrowPlayer): Promise<void> {
  if (document.fullscreenElement !== null) {
    await document.exitFullscreen();
    return;
  }
  // Phones of Apple's only let the video itself go full screen.
  const video = player.video as HTMLVideoElement & { webkitEnterFullscreen?: () => void };
  if (document.fullscreenEnabled) await stage.requestFullscreen();
  else video.webkitEnterFullscreen?.();
}

/** The facts below the picture, and the latency on it, where nobody has to look for it. */
function showNumbers(stats: TierStats | undefined, playing: boolean): void {
  const facts = byId('facts', HTMLElement);
  const how = byId('latency-how', HTMLElement);
  const onPicture = byId('latency-badge', HTMLElement);
  onPicture.hidden = !playing || stats?.latency === undefined;
  if (stats === undefined) {
    showFacts(facts, [['Latency', '–', 'latency']]);
    setText(how, 'Numbers come with the picture.');
    return;
  }
  showFacts(facts, statFacts(stats));
  const { latency } = stats;
  setText(how, latency === undefined ? '' : `Latency from the gateway to this screen: ${latency.how}.`);
  if (latency === undefined) return;
  setText(onPicture, `${formatLatency(latency.ms)} behind`);
  onPicture.title = how.textContent;
}

/** Numbers once a second, viewers every three. */
function refresh(player: FrontrowPlayer, stream: string): void {
  showNumbers(undefined, false);
  setInterval(() => {
    void player.stats().then((stats) => showNumbers(stats, player.view.state === 'playing'));
  }, 1_000);
  const seats = byId('seats', HTMLElement);
  const operator = new PageToken('operate');
  const ask = async (): Promise<void> => {
    const { value } = await getJson<StreamView>(
      `/api/streams/${stream}`,
      AbortSignal.timeout(5_000),
      operator.value,
    );
    const { interactive, broadcast } = value.viewers;
    seats.replaceChildren(
      el('span', { class: 'badge interactive' }, `${formatCount(interactive)} in the front row`),
      el('span', { class: 'badge broadcast' }, `${formatCount(broadcast)} on the broadcast`),
    );
  };
  // Who else watches is decoration: without an answer the seats stay empty, and who may not know does not ask again.
  const askQuietly = (): void => {
    if (player.view.state !== 'playing') seats.replaceChildren();
    else
      ask().catch((error: unknown) => {
        seats.replaceChildren();
        if (error instanceof SignallingError && asksForKey(error)) clearInterval(timer);
      });
  };
  const timer = setInterval(askQuietly, 3_000);
  askQuietly();
}

/** Starts the page. */
function main(): void {
  const stream = streamInPath(location.pathname);
  if (stream === undefined) {
    setText(byId('curtain-title', HTMLElement), 'This is no stream name');
    setText(byId('curtain-text', HTMLElement), 'Go back to the list of streams and choose one.');
    for (const part of document.querySelectorAll<HTMLElement>('.controls, .about, .card')) part.hidden = true;
    return;
  }
  document.title = `${stream} · Frontrow`;
  setText(byId('stream-title', HTMLElement), stream);
  const parameters = new URLSearchParams(location.search);
  const want = tiers.find((tier) => tier === parameters.get('want'));
  const token = new PageToken('watch');
  const player = new FrontrowPlayer(stage, {
    stream,
    ...(want === undefined ? {} : { want }),
    muted: parameters.get('muted') === '1',
    ...(token.value === undefined ? {} : { token: token.value }),
  });
  player.events.on('change', (view) => show(player, view, stream));
  wireControls(player);
  show(player, player.view, stream);
  refresh(player, stream);
  player.start();
  // For people at the console, and for tests that ask the page what it plays.
  Object.assign(globalThis, { frontrowPlayer: player });
}

main();
