import { SignallingError } from '../shared/signalling.ts';
import type { BroadcastOptions } from './broadcast-options.ts';
import { type HlsModule, loadHls } from './hls-engine.ts';
import { HlsPlayback } from './hls-playback.ts';
import { NativeHlsPlayback } from './native-hls-playback.ts';
import type { TierPlayback } from './tier.ts';

const withoutPass = 'The HLS player of this browser cannot show a token.';
const noHeader = { status: 0, code: 'native-hls-token' };

/**
 * Opens the broadcast tier: LL-HLS through hls.js, or the browser's own player where there is no Media Source. Resolves when
 * a frame is on the screen; rejects with why not.
 */
export async function openBroadcast(
  options: BroadcastOptions,
  signal: AbortSignal,
  load: () => Promise<Pick<HlsModule, 'default'>> = loadHls,
): Promise<TierPlayback> {
  const { video, url, token, pass } = options;
  const engine = await load();
  signal.throwIfAborted();
  // Chromium claims native HLS too by now, so Media Source goes first: only there is the latency ours to control.
  if (engine.default.isSupported()) return HlsPlayback.open(engine, options, signal);
  if (video.canPlayType('application/vnd.apple.mpegurl') === '')
    throw new Error('This browser plays neither Media Source nor HLS.');
  // Browsers' own players load by themselves, and a token in the URL would end up in logs: a pass lives for minutes.
  if (pass === undefined && (await token?.get()) !== undefined)
    throw new SignallingError(withoutPass, noHeader);
  return NativeHlsPlayback.open({ ...options, url: pass?.url ?? url }, signal);
}
