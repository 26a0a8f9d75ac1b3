import type { IceCredentials } from '#src/core/plane.ts';
import { candidateValue, type HostCandidate } from './candidates.ts';
import { badSdpFragment } from './failures.ts';
import { attributeRule } from './sdp-grammar.ts';
import { splitSdp } from './sdp-lines.ts';

/** What of a trickle-ice-sdpfrag matters to an ICE-lite gateway: whose it is. Candidates are counted and never resolved. */
export interface SdpFragment {
  /** Undefined when the client names none; then it means its current ICE session. */
  readonly ufrag: string | undefined;
  readonly password: string | undefined;
}

/** Longest fragment that is looked at. */
const maxFragmentBytes = 16_384;
const read: ReadonlySet<string> = new Set([
  'ice-ufrag',
  'ice-pwd',
  'candidate',
  'end-of-candidates',
  'mid',
  'ice-options',
]);

/**
 * Reads a trickle-ice-sdpfrag (RFC 8840 section 9). In a bundle all sections share one transport, so the credentials that
 * stand first count. Peer-reflexive candidates do for ICE-lite what the client's own would, and resolving a client's
 * candidates would let strangers make the gateway look up names and send packets where they like.
 */
export function readSdpFragment(text: string): SdpFragment {
  if (Buffer.byteLength(text) > maxFragmentBytes)
    throw badSdpFragment(`is longer than ${maxFragmentBytes} bytes`);
  const lines = splitSdp(text, (line, problem, remedy) => {
    throw badSdpFragment(`is malformed at line ${line}: ${problem}; ${remedy}`);
  });
  const attributes = lines.filter(({ type, name }) => type === 'a' && read.has(name));
  if (attributes.length === 0) throw badSdpFragment('has neither ICE credentials nor candidates');
  let candidates = 0;
  for (const { number, name, value } of attributes) {
    const rule = attributeRule(name);
    if (rule && !rule.form.test(value))
      throw badSdpFragment(`is malformed at line ${number}: a=${name}; ${rule.remedy}`);
    if (name === 'candidate') candidates += 1;
  }
  if (candidates > 64) throw badSdpFragment('has more than 64 candidates');
  const first = (name: string): string | undefined => attributes.find((line) => line.name === name)?.value;
  return { ufrag: first('ice-ufrag'), password: first('ice-pwd') };
}

/** Where a restart fragment points: the section that owns the transport. */
export interface TransportSection {
  /** The answer's m= line, without `m=`. */
  readonly mediaLine: string;
  readonly mid: string;
  /** Mids of the answer's BUNDLE group; empty without one. */
  readonly bundle: readonly string[];
}

/** Our side of an ICE restart (RFC 9725 section 4.3.3): new credentials, all candidates, still ICE-lite. */
export function writeRestartFragment(
  section: TransportSection,
  ice: IceCredentials,
  candidates: readonly HostCandidate[],
): string {
  const lines = [
    'a=ice-lite',
    ...(section.bundle.length > 0 ? [`a=group:BUNDLE ${section.bundle.join(' ')}`] : []),
    `m=${section.mediaLine}`,
    ...(section.mid === '' ? [] : [`a=mid:${section.mid}`]),
    `a=ice-ufrag:${ice.ufrag}`,
    `a=ice-pwd:${ice.password}`,
    ...candidates.map((candidate) => `a=candidate:${candidateValue(candidate)}`),
    'a=end-of-candidates',
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}
