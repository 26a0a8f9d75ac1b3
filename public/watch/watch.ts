import { captionsOff } from '../player/captions.ts';
import { FrontrowPlayer } from '../player/frontrow-player.ts';
import type { PlayerView } from '../player/player-view.ts';
import { reasonSentence, tierName, tierTechnology } from '../player/player-words.ts';
import type { TierStats } from '../player/tier.ts';
import { PlayerOverlay } from '../player/overlay.ts';
import { captionsWords, QualityMenu, soundsWords } from '../player/quality-menu.ts';
import { getJson } from '../shared/api.ts';
import { asksForToken } from '../shared/access-words.ts';
import { SignallingError } from '../shared/signalling.ts';
import { PageToken, rememberedToken } from '../shared/page-token.ts';
import type { StreamView, Tier } from '../shared/api-types.ts';
import { byId, el, setText } from '../shared/dom.ts';
import { showSaid } from '../shared/said-line.ts';
import { streamInPath } from '../shared/stream-name.ts';
import { formatCount, formatLatency } from '../shared/format.ts';
import { showFacts } from '../shared/fact-list.ts';
import { statFacts } from './stat-facts.ts';

const stage = byId('stage', HTMLElement);
const mute = byId('mute', HTMLButtonElement);
const volume = byId('volume', HTMLInputElement);
const tiers: readonly Tier[] = ['interactive', 'broadcast'];

/** Writes the page's words from the player's view. */
function show(player: FrontrowPlayer, view: PlayerView): void {
  const live = byId('live-badge', HTMLElement);
  live.hidden = view.state !== 'playing';
  if (live.hidden) byId('latency-badge', HTMLElement).hidden = true;
  showSound(player);

  const problem = byId('problem', HTMLElement);
  // A full curtain already says what went wrong.
  problem.hidden = view.problem === undefined || view.state === 'failed';
  setText(byId('problem-what', HTMLElement), view.problem?.what ?? '');
  setText(byId('problem-remedy', HTMLElement), view.problem?.remedy ?? '');
  showSaid(byId('problem-said', HTMLElement), view.problem?.said);
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
  mute.addEventListener('click', () => setMuted(!player.muted));
  volume.addEventListener('input', () => {
    player.volume = volume.valueAsNumber;
    if (player.muted && player.volume > 0) setMuted(false);
  });
  for (const tier of tiers) {
    byId(`tier-${tier}`, HTMLButtonElement).addEventListener('click', () => void player.switchTo(tier));
  }
  const quality = new QualityMenu((id) => void player.chooseQuality(id));
  byId('quality-place', HTMLElement).replaceWith(quality.element);
  const captions = new QualityMenu((id) => player.chooseCaptions(id), captionsWords);
  byId('captions-place', HTMLElement).replaceWith(captions.element);
  const sounds = new QualityMenu((id) => player.chooseSound(id), soundsWords);
  byId('sounds-place', HTMLElement).replaceWith(sounds.element);
  const showQuality = (): void => {
    quality.show(player.view.quality, player.video.videoHeight);
    captions.show(player.view.captions, 0);
    sounds.show(player.view.sounds, 0);
    const chosen = player.view.captions?.chosen ?? captionsOff;
    stage.classList.toggle('captioned', chosen !== captionsOff);
  };
  player.events.on('change', showQuality);
  // The gateway changes the picture's size without a word.
  setInterval(showQuality, 1_000);
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
  followSeats(player, stream);
}

/**
 * How many watch: as the front row's event stream tells, else, where the gateway answers everybody, as its API does. Who else
 * watches is decoration: without an answer the seats stay empty, and who may not know does not ask again.
 */
function followSeats(player: FrontrowPlayer, stream: string): void {
  let mayAsk = true;
  const ask = async (): Promise<void> => {
    const { state, viewers: told } = player.view;
    if (state !== 'playing' || !mayAsk) showSeats([]);
    if (state !== 'playing' || !mayAsk || told !== undefined) return;
    const operator = rememberedToken('operate');
    const url = `/api/streams/${stream}`;
    const { value } = await getJson<StreamView>(url, AbortSignal.timeout(5_000), operator);
    const { interactive, broadcast } = value.viewers;
    showSeats([
      ['interactive', `${formatCount(interactive)} in the front row`],
      ['broadcast', `${formatCount(broadcast)} on the broadcast`],
    ]);
  };
  const askQuietly = (): void =>
    void ask().catch((error: unknown) => {
      showSeats([]);
      if (error instanceof SignallingError && asksForToken(error)) mayAsk = false;
    });
  setInterval(askQuietly, 3_000);
  player.events.on('change', ({ state, viewers }) => {
    if (viewers !== undefined)
      showSeats(state === 'playing' ? [['', `${formatCount(viewers)} watching`]] : []);
  });
  askQuietly();
}

function showSeats(badges: readonly (readonly [look: string, words: string])[]): void {
  const seats = byId('seats', HTMLElement);
  const words = JSON.stringify(badges);
  if (seats.dataset['words'] === words) return;
  seats.dataset['words'] = words;
  seats.replaceChildren(...badges.map(([look, text]) => el('span', { class: `badge ${look}` }, text)));
}

/** Starts the page. */
function main(): void {
  const stream = streamInPath(location.pathname);
  if (stream === undefined) {
    const words = el('div', { class: 'curtain-words', role: 'status' });
    words.append(
      el('p', { class: 'curtain-title' }, 'This is no stream name'),
      el('p', {}, 'Go back to the list of streams and choose one.'),
    );
    stage.append(el('div', { class: 'curtain' }, words));
    for (const part of document.querySelectorAll<HTMLElement>('.controls, .about, .card')) part.hidden = true;
    return;
  }
  document.title = `${stream} · Frontrow`;
  setText(byId('stream-title', HTMLElement), stream);
  const parameters = new URLSearchParams(location.search);
  const want = tiers.find((tier) => tier === parameters.get('want'));
  const token = new PageToken('watch', stream);
  const player = new FrontrowPlayer(stage, {
    stream,
    ...(want === undefined ? {} : { want }),
    muted: parameters.get('muted') === '1',
    ...(token.value === undefined ? {} : { token: token.value }),
  });
  token.onArrival((arrived) => player.setToken(arrived));
  new PlayerOverlay(stage, { player, stream, typed: (typed) => (token.value = typed) });
  player.events.on('change', (view) => show(player, view));
  wireControls(player);
  show(player, player.view);
  refresh(player, stream);
  player.start();
  // For people at the console, and for tests that ask the page what it plays.
  Object.assign(globalThis, { frontrowPlayer: player });
}

main();
