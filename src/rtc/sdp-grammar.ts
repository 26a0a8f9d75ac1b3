/** What one attribute may look like, how often a block (session or m-section) may hold it, and whether the parser sees it. */
export interface AttributeRule {
  readonly form: RegExp;
  readonly max: number;
  /** What to write instead, as the refusal says it. */
  readonly remedy: string;
  /** Whether the line is handed on to the SDP parser; the others are read here or not at all. */
  readonly parsed: boolean;
}

const nothing = /^$/;
/** A quantifier never stands inside another one over the same characters: every match is linear. */
const rules: Readonly<Record<string, AttributeRule>> = {
  'ice-ufrag': rule(/^[A-Za-z0-9+/]{4,256}$/, 1, 'use 4 to 256 of A-Z a-z 0-9 + / (RFC 8839)'),
  'ice-pwd': rule(/^[A-Za-z0-9+/]{22,256}$/, 1, 'use 22 to 256 of A-Z a-z 0-9 + / (RFC 8839)'),
  'ice-lite': rule(nothing, 1, 'write a=ice-lite alone'),
  'ice-options': unparsed(/^.{0,256}$/, 4, 'shorten it'),
  fingerprint: rule(
    /^[A-Za-z0-9-]{3,16} [0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){15,63}$/,
    8,
    'write e.g. a=fingerprint:sha-256 AA:BB:.. (RFC 8122)',
  ),
  setup: rule(/^(?:actpass|active|passive|holdconn)$/, 1, 'write a=setup:actpass (RFC 8842)'),
  group: unparsed(/^\S{1,32}(?: \S{1,32}){0,16}$/, 8, 'write e.g. a=group:BUNDLE 0 1'),
  mid: rule(/^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,32}$/, 1, 'use a token of at most 32 characters (RFC 5888)'),
  msid: unparsed(/^\S{1,256}(?: \S{1,256})?$/, 8, 'write a=msid:stream track'),
  extmap: unparsed(
    /^\d{1,4}(?:\/(?:sendonly|recvonly|sendrecv|inactive))? \S{1,256}(?: .{0,256})?$/,
    48,
    'write e.g. a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid (RFC 8285)',
  ),
  'extmap-allow-mixed': unparsed(nothing, 1, 'write it without a value'),
  rtpmap: rule(
    /^\d{1,3} [A-Za-z0-9.+_-]{1,64}\/\d{1,8}(?:\/\d{1,3})?$/,
    128,
    'write e.g. a=rtpmap:96 VP8/90000',
  ),
  fmtp: rule(/^\d{1,3} \S.{0,1023}$/, 128, 'write e.g. a=fmtp:96 packetization-mode=1'),
  'rtcp-fb': rule(/^(?:\*|\d{1,3}) \S.{0,255}$/, 768, 'write e.g. a=rtcp-fb:96 nack pli'),
  'rtcp-mux': unparsed(nothing, 1, 'write it without a value'),
  'rtcp-rsize': unparsed(nothing, 1, 'write it without a value'),
  'bundle-only': unparsed(nothing, 1, 'write it without a value'),
  ssrc: rule(/^\d{1,10} [A-Za-z0-9_-]{1,64}(?::.{0,512})?$/, 64, 'write e.g. a=ssrc:1234 cname:name'),
  'ssrc-group': rule(/^\S{1,32}(?: \d{1,10}){1,16}$/, 16, 'write e.g. a=ssrc-group:FID 1 2'),
  rid: unparsed(
    /^[A-Za-z0-9_-]{1,32} (?:send|recv)(?: \S.{0,512})?$/,
    16,
    'write e.g. a=rid:h send (RFC 8851)',
  ),
  simulcast: unparsed(
    /^(?:send|recv) [A-Za-z0-9_;,~-]{1,512}(?: (?:send|recv) [A-Za-z0-9_;,~-]{1,512})?$/,
    1,
    'write e.g. a=simulcast:send q;h;f (RFC 8853)',
  ),
  lang: unparsed(/^.{0,256}$/, 16, 'write e.g. a=lang:en (RFC 8866)'),
  candidate: unparsed(/^\S.{0,1023}$/, 64, 'write at most 64 candidates, or none'),
  sendonly: unparsed(nothing, 1, 'write it without a value'),
  recvonly: unparsed(nothing, 1, 'write it without a value'),
  sendrecv: unparsed(nothing, 1, 'write it without a value'),
  inactive: unparsed(nothing, 1, 'write it without a value'),
};
const table: ReadonlyMap<string, AttributeRule> = new Map(Object.entries(rules));

/** The rule of an attribute; undefined for one that Frontrow does not know, which is skipped (RFC 8866 section 5.13). */
export function attributeRule(name: string): AttributeRule | undefined {
  return table.get(name);
}

/** The four directions of RFC 8866 section 6.7. */
export type Direction = 'sendonly' | 'recvonly' | 'sendrecv' | 'inactive';
/** The direction that an attribute name means, if any. */
export function directionOf(name: string): Direction | undefined {
  return name === 'sendonly' || name === 'recvonly' || name === 'sendrecv' || name === 'inactive'
    ? name
    : undefined;
}

/** An m= line's value: media, port, optional number of ports, protocol, formats. */
export const mediaLine = /^([a-z]{1,16}) (\d{1,5})(?:\/\d{1,3})? ([A-Za-z0-9/]{1,64}) (\S+(?: \S+)*)$/;

function rule(form: RegExp, max: number, remedy: string): AttributeRule {
  return { form, max, remedy, parsed: true };
}
function unparsed(form: RegExp, max: number, remedy: string): AttributeRule {
  return { form, max, remedy, parsed: false };
}
