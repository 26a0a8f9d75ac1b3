import { SessionDescription, type MediaDescription } from 'werift';

import {
  badSdp,
  bundleRequired,
  iceLiteOffer,
  noFingerprint,
  noIceCredentials,
  noMedia,
  noSetup,
  tooManySdpLines,
  wrongSetup,
} from './failures.ts';
import type {
  Fingerprint,
  Offer,
  OfferedCodec,
  OfferedExtension,
  OfferedSection,
  OfferedSetup,
} from './offer.ts';
import { attributeRule, directionOf, type Direction } from './sdp-grammar.ts';
import type { SdpLine } from './sdp-lines.ts';
import { scanSdp, type MediaBlock, type ScannedSdp, type SdpBlock } from './sdp-scan.ts';

/** Largest simulcast: OBS sends up to four layers. */
export const maxLayers = 4;

/**
 * Reads an offer strictly and in linear time. What the scan let through is normalised (known lines only, CRLF, session
 * defaults written into the sections) and only then given to the SDP parser, which trusts its input.
 */
export function readOffer(text: string): Offer {
  return read(text, offerRoles);
}

/** Reads the answer to an offer of ours, as strictly: the same shape, but the client has to choose its DTLS role (RFC 8842 section 5.3). */
export function readAnswer(text: string): Offer {
  return read(text, answerRoles);
}

/** The DTLS roles that a client may take, and how a refusal asks for one of them. */
interface DtlsRoles {
  readonly taken: readonly OfferedSetup[];
  readonly wanted: string;
}
const offerRoles: DtlsRoles = {
  taken: ['actpass', 'active', 'passive'],
  wanted: 'offer a=setup:actpass',
};
const answerRoles: DtlsRoles = {
  taken: ['active', 'passive'],
  wanted: 'answer a=setup:active or a=setup:passive',
};

function read(text: string, roles: DtlsRoles): Offer {
  const scanned = scanSdp(text);
  checkMids(scanned);
  const parsed = SessionDescription.parse(normalise(scanned));
  const sections = scanned.sections.map((block, index) =>
    readSection(block, scanned.session, mediaAt(parsed, index)),
  );
  const first = sections.findIndex((section) => !section.disabled);
  const head = scanned.sections[first];
  if (!head) throw noMedia();
  if (scanned.session.attributes.some(isIceLite) || head.attributes.some(isIceLite)) throw iceLiteOffer();
  const bundle = bundleGroup(scanned.session);
  checkBundle(sections, bundle);
  return {
    ...readTransport(head, scanned.session, { media: mediaAt(parsed, first), roles }),
    bundled: bundle !== undefined,
    extmapAllowMixed: [scanned.session, head].some((block) => has(block, 'extmap-allow-mixed')),
    sections,
  };
}

function mediaAt(parsed: SessionDescription, index: number): MediaDescription {
  const media = parsed.media[index];
  if (!media) throw new Error(`the SDP parser lost m-section ${index}`);
  return media;
}

const has = (block: SdpBlock, name: string): boolean => block.attributes.some((line) => line.name === name);
const isIceLite = (line: SdpLine): boolean => line.name === 'ice-lite';

function checkMids({ sections }: ScannedSdp): void {
  const mids = new Set<string>();
  for (const { attributes } of sections) {
    for (const { name, value, number } of attributes) {
      if (name !== 'mid') continue;
      if (mids.has(value))
        throw badSdp(number, `a=mid:${value} is there twice`, 'give each m= section its own mid');
      mids.add(value);
    }
  }
}

/** Known lines only; the order of sections stays, candidates and everything that is read here stay out. */
function normalise({ session, sections }: ScannedSdp): string {
  const lines = ['v=0', 'o=- 0 0 IN IP4 0.0.0.0', 's=-', 't=0 0'];
  lines.push(...session.attributes.filter(isParsed).map(written));
  for (const { media, protocol, formats, attributes } of sections) {
    lines.push(`m=${media} 9 ${protocol.toUpperCase().replace(/[^A-Z/]/g, '')} ${formats.join(' ')}`);
    lines.push(...attributes.filter(isParsed).map(written));
  }
  return lines.join('\r\n');
}

const isParsed = ({ name }: SdpLine): boolean => attributeRule(name)?.parsed === true;
const written = ({ name, value }: SdpLine): string => (value === '' ? `a=${name}` : `a=${name}:${value}`);

function bundleGroup(session: SdpBlock): ReadonlySet<string> | undefined {
  const group = session.attributes.find(({ name, value }) => name === 'group' && value.startsWith('BUNDLE '));
  return group && new Set(group.value.split(' ').slice(1));
}

/** Everything that is used must share one transport (RFC 9143); a lone section needs no group. */
function checkBundle(sections: readonly OfferedSection[], bundle: ReadonlySet<string> | undefined): void {
  const used = sections.filter((section) => !section.disabled);
  if (used.length === 1 && !bundle) return;
  for (const section of used) {
    const isMedia = section.media === 'audio' || section.media === 'video';
    if (isMedia && !bundle?.has(section.mid)) throw bundleRequired(section.line);
  }
}

/** The first used section speaks for the whole bundle: clients may name other credentials in the later ones. */
function readTransport(
  head: MediaBlock,
  session: SdpBlock,
  { media, roles }: { readonly media: MediaDescription; readonly roles: DtlsRoles },
): Pick<Offer, 'ice' | 'fingerprints' | 'setup'> {
  const { usernameFragment: ufrag, password } = media.iceParams ?? {};
  if (!ufrag || !password) throw noIceCredentials(head.line);
  const word = (head.attributes.find(isSetup) ?? session.attributes.find(isSetup))?.value;
  if (word === undefined) throw noSetup(head.line);
  const setup = roles.taken.find((taken) => taken === word);
  if (setup === undefined) throw wrongSetup(head.line, word, roles.wanted);
  const fingerprints = (media.dtlsParams?.fingerprints ?? []).flatMap(({ algorithm, value }) =>
    trusted(algorithm, value),
  );
  if (fingerprints.length === 0) throw noFingerprint(head.line);
  return { ice: { ufrag, password }, fingerprints, setup };
}

const isSetup = (line: SdpLine): boolean => line.name === 'setup';

const hashBytes: ReadonlyMap<string, number> = new Map([
  ['sha-256', 32],
  ['sha-384', 48],
  ['sha-512', 64],
]);

function trusted(name: string, value: string): readonly Fingerprint[] {
  const algorithm = name.toLowerCase();
  if (value.length !== (hashBytes.get(algorithm) ?? 0) * 3 - 1) return [];
  return [{ algorithm: algorithm as Fingerprint['algorithm'], value: value.toUpperCase() }];
}

function readSection(block: MediaBlock, session: SdpBlock, media: MediaDescription): OfferedSection {
  const codecs = media.rtp.codecs.map(readCodec);
  return {
    line: block.line,
    media: block.media,
    protocol: block.protocol,
    formats: block.formats,
    mid: media.rtp.muxId ?? '',
    disabled: block.port === 0 && !has(block, 'bundle-only'),
    direction: readDirection(block) ?? readDirection(session) ?? 'sendrecv',
    codecs: block.formats.flatMap((format) => codecs.filter((codec) => String(codec.payloadType) === format)),
    extensions: readExtensions(block, session),
    rids: readRids(block),
    ssrcs: readSsrcs(block, media),
    rtcpRsize: has(block, 'rtcp-rsize'),
    title: block.title,
    languages: [block, session].map(readLanguages).find((tags) => tags.length > 0) ?? [],
  };
}

function readLanguages({ attributes }: SdpBlock): readonly string[] {
  return attributes.flatMap(({ name, value }) => (name === 'lang' ? [value] : []));
}

function readDirection(block: SdpBlock): Direction | undefined {
  for (const { name } of block.attributes) {
    const direction = directionOf(name);
    if (direction) return direction;
  }
  return undefined;
}

function readCodec(codec: MediaDescription['rtp']['codecs'][number]): OfferedCodec {
  return {
    payloadType: codec.payloadType,
    name: codec.mimeType.slice(codec.mimeType.indexOf('/') + 1),
    clockRateHz: codec.clockRate,
    channels: codec.channels ?? 1,
    fmtp: codec.parameters ?? '',
    feedback: codec.rtcpFeedback.map(({ type, parameter }) =>
      parameter === undefined ? type : `${type} ${parameter}`,
    ),
  };
}

/**
 * Ids as offered. An extension with a direction of its own (RFC 8285 section 6) would need an answer with the opposite
 * one; nobody offers that for what Frontrow uses, so it is left out, which is always allowed.
 */
function readExtensions(block: MediaBlock, session: SdpBlock): readonly OfferedExtension[] {
  const extensions = new Map<number, string>();
  for (const { name, value, number } of [...session.attributes, ...block.attributes]) {
    if (name !== 'extmap') continue;
    const [id = '', uri = ''] = value.split(' ');
    if (id.includes('/')) continue;
    const known = extensions.get(Number(id));
    if (known !== undefined && known !== uri)
      throw badSdp(number, `a=extmap id ${id} is taken`, 'give each extension its own id');
    extensions.set(Number(id), uri);
  }
  return [...extensions].map(([id, uri]) => ({ id, uri }));
}

/** RFC 8853 section 5.1: layers are separated by `;`, alternatives of a layer by `,`, and `~` marks a paused one. */
function readRids(block: MediaBlock): readonly string[] {
  const line = block.attributes.find(({ name }) => name === 'simulcast');
  const words = line?.value.split(' ') ?? [];
  const send = words.indexOf('send');
  if (!line || send < 0) return [];
  const declared = new Set<string>();
  for (const { name, value } of block.attributes) {
    const [rid = '', direction] = value.split(' ');
    if (name === 'rid' && direction === 'send') declared.add(rid);
  }
  const rids = (words[send + 1] ?? '')
    .split(';')
    .map((layer) => (layer.split(',')[0] ?? '').replace('~', ''));
  if (rids.length > maxLayers) throw tooManySdpLines(line.number, 'simulcast layers', maxLayers);
  for (const rid of rids) {
    if (!declared.has(rid))
      throw badSdp(line.number, `a=simulcast names rid "${rid}"`, `add a=rid:${rid} send`);
  }
  if (new Set(rids).size !== rids.length)
    throw badSdp(line.number, 'a=simulcast names a rid twice', 'name each layer once');
  return rids;
}

/** Media first: in FID and FEC groups (RFC 5576 section 4.2) all but the first SSRC carry repair. */
function readSsrcs(block: MediaBlock, media: MediaDescription): readonly number[] {
  const wrong = block.attributes.find(
    ({ name, value }) => name === 'ssrc' && Number.parseInt(value, 10) > 0xffff_ffff,
  );
  if (wrong) throw badSdp(wrong.number, 'the SSRC has more than 32 bits', 'write a number up to 4294967295');
  const repair = new Set(
    media.ssrcGroup
      .filter(({ semantic }) => semantic !== 'SIM')
      .flatMap(({ items }) => items.slice(1).map(Number)),
  );
  const all = media.ssrc.map(({ ssrc }) => ssrc);
  return [...all.filter((ssrc) => !repair.has(ssrc)), ...all.filter((ssrc) => repair.has(ssrc))];
}
