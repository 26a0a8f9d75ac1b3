import type { App } from '#src/app.ts';
import { type Bases, streamUrls } from '#src/http/urls.ts';

/** What a person who just typed the command wants to know. */
export function welcomeText(
  app: Pick<App, 'rtcPorts' | 'addresses' | 'ffmpeg' | 'guarded' | 'exposed'>,
  { bases, demo }: { readonly bases: Bases; readonly demo: string | undefined },
): string {
  const live = streamUrls(bases, 'live');
  const lines = [
    '',
    `  Frontrow is up: ${bases.server}     (Ctrl-C ends it)`,
    '',
    ...demoLines(app, bases, demo),
    `  Publish from OBS     Settings > Stream > Service: WHIP`,
    `                       Server: ${live.whip}`,
    `                       Bearer Token: ${app.guarded ? '(a stream key)' : '(leave empty)'}`,
    `  Publish by browser   ${live.publish}`,
    `  Watch                ${live.watch}`,
    ...('found' in app.ffmpeg ? [`  LL-HLS               ${live.hls}`] : []),
    `  Operators            ${bases.server}/dashboard`,
    `  API                  ${bases.server}/api/streams`,
    '',
    `  Media: UDP ${portsText(app.rtcPorts)} at ${app.addresses.join(', ')}. "live" is a name of your choice.`,
  ];
  lines.push('', ...reachLines(app));
  if ('problem' in app.ffmpeg)
    lines.push('', `  No LL-HLS: ${app.ffmpeg.problem}`, '  WebRTC works without it.');
  return `${lines.join('\n')}\n\n`;
}

/** Who can come in, and how that is changed. */
function reachLines({ guarded, exposed }: Pick<App, 'guarded' | 'exposed'>): readonly string[] {
  if (exposed && guarded) return ['  Open to your network; keys and tokens are asked for (docs/tokens.md).'];
  if (exposed) return ['  Open to your network, and nobody is asked for a key: everybody may do everything.'];
  return [
    '  Only this machine gets in. For others: FRONTROW_HTTP__ADDRESS=:: and a stream key, which',
    '  npm run token -- --new-key NAME makes, or FRONTROW_AUTH__ALLOW_OPEN=true (docs/tokens.md).',
  ];
}

function portsText(ports: readonly number[]): string {
  if (ports.length === 1) return `port ${String(ports[0])}`;
  const isRow = ports.every((port, index) => port === (ports[0] ?? 0) + index);
  return isRow ? `ports ${String(ports[0])} to ${String(ports.at(-1))}` : `ports ${ports.join(', ')}`;
}

/** The demo's pictures are drawn by FFmpeg: without it a person publishes the browser's own test picture. */
function demoLines(app: Pick<App, 'ffmpeg'>, bases: Bases, demo: string | undefined): readonly string[] {
  if (demo === undefined) return [];
  const { watch, publish } = streamUrls(bases, demo);
  return 'found' in app.ffmpeg
    ? [`  Demo stream          ${watch}     (in a few seconds)`, '']
    : [
        '  No demo stream: FFmpeg draws it, and there is none. A browser has a test picture too:',
        `                       ${publish}`,
        '',
      ];
}

export const helpText = `Frontrow: one WHIP stream in, WHEP and LL-HLS out.

  npm start -- [options]

  --demo          also publish a moving clock with a beep, so that there is something to watch
  --config FILE   settings in YAML; without it frontrow.yaml is read when it is there
  --help          this text
  --version       the version

Every setting is also an environment variable, e.g. FRONTROW_HTTP__PORT=8081; docs/config.md lists them all.
`;
