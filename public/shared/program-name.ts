const programs: readonly (readonly [token: string, name: string])[] = [
  ['OBS-Studio', 'OBS'],
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['Firefox', 'Firefox'],
  ['Chrome', 'Chrome'],
  ['GStreamer', 'GStreamer'],
  ['Lavf', 'FFmpeg'],
];

/** A short name for a user agent: the program people know, with its main version. */
export function programName(userAgent: string): string {
  // Edge and Opera call themselves Chrome too, so the order matters.
  for (const [token, name] of programs) {
    const version = new RegExp(`${token}/(\\d+)`).exec(userAgent)?.[1];
    if (version !== undefined) return `${name} ${version}`;
  }
  const safari = /Version\/(\d+).*Safari\//.exec(userAgent);
  if (safari !== null) return `Safari ${safari[1] ?? ''}`;
  return userAgent === '' ? 'unknown' : (userAgent.split(/[\s(]/)[0] ?? userAgent).slice(0, 24);
}
