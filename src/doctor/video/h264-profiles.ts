/** Profiles of H.264 as WebRTC tells them apart (RFC 6184 table 5). */
export type H264Profile = 'constrained-baseline' | 'baseline' | 'main' | 'high' | 'other';

const baseline = 66;
const main = 77;
const extended = 88;
const high = 100;

/** The profile behind profile_idc and the byte of constraint flags. */
export function profileOf(profile: number, constraints: number): H264Profile {
  const fitsBaseline = (constraints & 0x80) !== 0;
  const fitsMain = (constraints & 0x40) !== 0;
  if (profile === baseline) return fitsMain ? 'constrained-baseline' : 'baseline';
  if (profile === main) return fitsBaseline ? 'constrained-baseline' : 'main';
  if (profile === extended) return fitsBaseline && fitsMain ? 'constrained-baseline' : 'other';
  return profile === high ? 'high' : 'other';
}

/** Which streams a decoder for the announced profile can play (H.264 section A.2). */
const plays: Readonly<Record<H264Profile, readonly H264Profile[]>> = {
  'constrained-baseline': ['constrained-baseline'],
  baseline: ['constrained-baseline', 'baseline'],
  main: ['constrained-baseline', 'main'],
  high: ['constrained-baseline', 'main', 'high'],
  other: ['constrained-baseline', 'baseline', 'main', 'high', 'other'],
};

/** Whether a decoder for `announced` can play a stream of this profile. */
export function decodableAs(stream: H264Profile, announced: H264Profile): boolean {
  return plays[announced].includes(stream);
}
