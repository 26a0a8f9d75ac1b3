import type { App } from '#src/app.ts';
import { type Bases, streamUrls } from '#src/http/urls.ts';

/** What a person who just typed the command wants to know. */
export function welcomeText(
  app: App,
  { bases, demo }: { readonly bases: Bases; readonly demo: string | undefined },
): string {
  const live = streamUrls(bases, 'live');
  const lines = [
    '',
    '  Frontrow is up.',
    '',
    `  Publish from OBS     Settings > Stream > Service: WHIP`,
    `                       Server: ${live.whip}`,
    `                       Bearer Token: (leave empty)`,
    `  Publish by browser   ${live.publish}`,
    `  Watch                ${live.watch}`,
    `  LL-HLS               ${live.hls}`,
    `  Operators            ${bases.server}/dashboard`,
    `  API                  ${bases.server}/api/streams`,
    '',
    `  Media: UDP port ${app.rtcPort} at ${app.addresses.join(', ')}. "live" is a name of your choice.`,
  ];
  if ('problem' in app.ffmpeg)
    lines.push('', `  No LL-HLS: ${app.ffmpeg.problem}`, '  WebRTC works without it.');
  if (demo !== undefined) lines.push('', `  Demo stream          ${streamUrls(bases, demo).watch}`);
  return `${lines.join('\n')}\n\n`;
}

export const helpText = `Frontrow: one WHIP stream in, WHEP and LL-HLS out.

  npm start -- [options]

  --demo          also publish a moving clock with a beep, so that there is something to watch
  --config FILE   settings in YAML; without it frontrow.yaml is read when it is there
  --help          this text
  --version       the version

Every setting is also an environment variable, e.g. FRONTROW_HTTP__PORT=8081; docs/config.md lists them all.
`;
