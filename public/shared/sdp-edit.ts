/**
 * Asks for stereo Opus at `maxAverageBitrateBps` in one's own description: `stereo=1` says what one wants to receive,
 * `sprop-stereo=1` what one is likely to send (RFC 7587 section 6.1). Browsers have no other way to ask.
 */
export function withStereoOpus(sdp: string, maxAverageBitrateBps?: number): string {
  const opus = [...sdp.matchAll(/^a=rtpmap:(\d+) opus\/48000(?:\/2)?\s*$/gim)].map((found) => found[1] ?? '');
  const wanted = new Map([
    ['stereo', '1'],
    ['sprop-stereo', '1'],
    ...(maxAverageBitrateBps === undefined
      ? []
      : [['maxaveragebitrate', String(maxAverageBitrateBps)] as const]),
  ]);
  return opus.reduce((text, payloadType) => withFormatParameters(text, payloadType, wanted), sdp);
}

/**
 * Lets Chromium begin at this bitrate instead of 300 kbit/s, from which it would need many seconds to reach a good
 * picture. It reads this own parameter from the video formats of the remote description; other browsers ignore it.
 */
export function withStartBitrate(answer: string, startBps: number): string {
  const wanted = new Map([['x-google-start-bitrate', String(Math.round(startBps / 1000))]]);
  const video = [...answer.matchAll(/^a=rtpmap:(\d+) (?:H264|H265|VP8|VP9|AV1)\/90000\s*$/gim)];
  return video.reduce((text, found) => withFormatParameters(text, found[1] ?? '', wanted), answer);
}

function withFormatParameters(sdp: string, payloadType: string, wanted: ReadonlyMap<string, string>): string {
  const line = new RegExp(`^a=fmtp:${payloadType} (.*?)(\\r?)$`, 'm');
  const found = line.exec(sdp);
  if (found === null) {
    const text = [...wanted].map(([name, value]) => `${name}=${value}`).join(';');
    const rtpmap = new RegExp(`^(a=rtpmap:${payloadType} .*?)(\\r?\\n)`, 'm');
    return sdp.replace(
      rtpmap,
      (_all, map: string, end: string) => `${map}${end}a=fmtp:${payloadType} ${text}${end}`,
    );
  }
  const parameters = new Map(
    (found[1] ?? '')
      .split(';')
      .map((parameter) => parameter.trim())
      .filter((parameter) => parameter !== '')
      .map((parameter) => {
        const at = parameter.indexOf('=');
        return at < 0
          ? ([parameter, ''] as const)
          : ([parameter.slice(0, at), parameter.slice(at + 1)] as const);
      }),
  );
  for (const [name, value] of wanted) parameters.set(name, value);
  const text = [...parameters].map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join(';');
  return sdp.replace(line, (_all, _old: string, end: string) => `a=fmtp:${payloadType} ${text}${end}`);
}

/** ICE user name, password and candidate lines of a description or an SDP fragment. */
export interface IceDescription {
  readonly ufrag: string;
  readonly password: string;
  /** Whole `a=candidate:` lines without line ends, no line twice. */
  readonly candidates: readonly string[];
}

/** Reads the first ICE credentials and all candidates; with BUNDLE they count for every m-section (RFC 9725 section 4.4.2). */
export function readIce(sdp: string): IceDescription | undefined {
  const ufrag = /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1];
  const password = /^a=ice-pwd:(\S+)/m.exec(sdp)?.[1];
  if (ufrag === undefined || password === undefined) return undefined;
  const candidates = new Set([...sdp.matchAll(/^a=candidate:.*$/gm)].map(([line]) => line.trim()));
  return { ufrag, password, candidates: [...candidates] };
}

/** The body of an ICE restart PATCH made from our new offer (RFC 8840 section 9, RFC 9725 section 4.3.3). */
export function restartFragment(offer: string): string | undefined {
  const ice = readIce(offer);
  const media = /^m=.*$/m.exec(offer)?.[0].trim();
  const mid = /^a=mid:.*$/m.exec(offer)?.[0].trim();
  if (ice === undefined || media === undefined || mid === undefined) return undefined;
  const group = /^a=group:BUNDLE .*$/m.exec(offer)?.[0].trim();
  const lines = [
    ...(group === undefined ? [] : [group]),
    'a=ice-options:trickle ice2',
    media,
    mid,
    `a=ice-ufrag:${ice.ufrag}`,
    `a=ice-pwd:${ice.password}`,
    ...ice.candidates,
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

/**
 * The answer that completes an ICE restart: the server's first answer with the credentials and candidates of the
 * fragment it sent back. Undefined when the fragment has no credentials.
 */
export function answerAfterRestart(answer: string, fragment: string): string | undefined {
  const ice = readIce(fragment);
  if (ice === undefined) return undefined;
  const candidates = ice.candidates.length > 0 ? ice.candidates : (readIce(answer)?.candidates ?? []);
  const lines: string[] = [];
  let sections = 0;
  for (const line of answer.split(/\r?\n/)) {
    if (line === '' || /^a=(candidate:|end-of-candidates)/.test(line)) continue;
    if (line.startsWith('a=ice-ufrag:')) lines.push(`a=ice-ufrag:${ice.ufrag}`);
    else if (line.startsWith('a=ice-pwd:')) lines.push(`a=ice-pwd:${ice.password}`);
    else {
      // Candidates belong to the first m-section, which the bundle uses: they go where it ends.
      if (line.startsWith('m=') && ++sections === 2) lines.push(...candidates, 'a=end-of-candidates');
      lines.push(line);
    }
  }
  if (sections === 1) lines.push(...candidates, 'a=end-of-candidates');
  return lines.map((line) => `${line}\r\n`).join('');
}
