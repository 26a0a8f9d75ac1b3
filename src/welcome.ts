import type { App } from '#src/app.ts';
import { type Bases, streamUrls } from '#src/http/urls.ts';

/** What a person who just typed the command wants to know. */
export function welcomeText(
  app: Pick<App, 'rtcPorts' | 'addresses' | 'ffmpeg'>,
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
    `                       Bearer Token: (leave empty)`,
    `  Publish by browser   ${live.publish}`,
    `  Watch                ${live.watch}`,
    ...('found' in app.ffmpeg ? [`  LL-HLS               ${live.hls}`] : []),
    `  Operators            ${bases.server}/dashboard`,
    `  API                  ${bases.server}/api/streams`,
    '',
    `  Media: UDP ${portsText(app.rtcPorts)} at ${app.addresses.join(', ')}. "live" is a name of your choice.`,
  ];
  if ('problem' in app.ffmpeg)
    lines.push('', `  No LL-HLS: ${app.ffmpeg.problem}`, '  WebRTC works without it.');
  return `${lines.join('\n')}\n\n`;
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
