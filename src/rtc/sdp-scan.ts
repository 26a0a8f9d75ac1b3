import { badSdp, incompleteSdp, sdpTooLarge, tooManySdpLines, tooManySections } from './failures.ts';
import { attributeRule, mediaLine } from './sdp-grammar.ts';
import { splitSdp, type SdpLine } from './sdp-lines.ts';

/** Bytes of the longest offer that is looked at. */
export const maxSdpBytes = 65_536;
/** Sections of the largest offer: eight of audio, one of video, a data channel and two to spare. */
export const maxSections = 12;

/** The session part or one m-section, its attributes checked one by one. */
export interface SdpBlock {
  /** Line it begins at. */
  readonly line: number;
  readonly attributes: readonly SdpLine[];
}
/** One m-section with its m= line taken apart. */
export interface MediaBlock extends SdpBlock {
  readonly media: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
  /** What its i= line says; '' when there is none. */
  readonly title: string;
}
/** An SDP whose every known line has the right form; nothing is said yet about whether the lines fit each other. */
export interface ScannedSdp {
  readonly session: SdpBlock;
  readonly sections: readonly MediaBlock[];
}

/**
 * First look at an offer, before any parser sees it: size, characters, line forms, counts. Refuses with a failure that
 * names the line; the time is linear in the text.
 */
export function scanSdp(text: string): ScannedSdp {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxSdpBytes) throw sdpTooLarge(bytes, maxSdpBytes);
  const lines = splitSdp(text, (line, problem, remedy) => {
    throw badSdp(line, problem, remedy);
  });
  const blocks = cut(lines);
  const [sessionLines = [], ...mediaLines] = blocks;
  checkSession(sessionLines);
  const session = { line: 1, attributes: checkAttributes(sessionLines) };
  return { session, sections: mediaLines.map(scanSection) };
}

/** Session lines first, then one list per m= line. */
function cut(lines: readonly SdpLine[]): SdpLine[][] {
  const blocks: SdpLine[][] = [[]];
  for (const line of lines) {
    if (line.type === 'm') {
      if (blocks.length > maxSections) throw tooManySections(line.number, maxSections);
      blocks.push([]);
    }
    blocks.at(-1)?.push(line);
  }
  if (blocks.length === 1) throw incompleteSdp('m= line', 'add an audio or a video section');
  return blocks;
}

function checkSession(lines: readonly SdpLine[]): void {
  const [first] = lines;
  if (first?.type !== 'v' || first.value !== '0')
    throw badSdp(first?.number ?? 1, 'is not v=0', 'begin the SDP with v=0');
  const origin = lines.find((line) => line.type === 'o');
  if (!origin) throw incompleteSdp('o= line', 'add e.g. o=- 1 1 IN IP4 127.0.0.1');
  if (!/^\S+ \S+ \S+ IN IP[46] \S+$/.test(origin.value)) {
    throw badSdp(origin.number, 'is no origin of six words', 'write e.g. o=- 1 1 IN IP4 127.0.0.1');
  }
  if (!lines.some((line) => line.type === 's')) throw incompleteSdp('s= line', 'add s=-');
  if (!lines.some((line) => line.type === 't')) throw incompleteSdp('t= line', 'add t=0 0');
}

function checkAttributes(lines: readonly SdpLine[]): readonly SdpLine[] {
  const counts = new Map<string, number>();
  const attributes: SdpLine[] = [];
  for (const line of lines) {
    if (line.type !== 'a') continue;
    const rule = attributeRule(line.name);
    if (!rule) continue;
    const count = (counts.get(line.name) ?? 0) + 1;
    if (count > rule.max) throw tooManySdpLines(line.number, `a=${line.name} lines in one section`, rule.max);
    counts.set(line.name, count);
    if (!rule.form.test(line.value)) throw badSdp(line.number, `a=${line.name} is malformed`, rule.remedy);
    attributes.push(line);
  }
  return attributes;
}

function scanSection(lines: readonly SdpLine[]): MediaBlock {
  const [head, ...rest] = lines;
  const parts = head && mediaLine.exec(head.value);
  if (!parts) throw badSdp(head?.number ?? 1, 'is no m= line', 'write e.g. m=video 9 UDP/TLS/RTP/SAVPF 96');
  const [, media = '', port = '', protocol = '', formatList = ''] = parts;
  const line = head.number;
  if (Number(port) > 65_535) throw badSdp(line, `names port ${port}`, 'write port 9');
  const formats = formatList.split(' ');
  if (formats.length > 128) throw tooManySdpLines(line, 'formats in one m= line', 128);
  const attributes = checkAttributes(rest);
  if (protocol.includes('RTP')) checkPayloadTypes(formats, line);
  checkCodecLines(attributes);
  const title = rest.find(({ type }) => type === 'i')?.value ?? '';
  return { line, media, port: Number(port), protocol, formats, attributes, title };
}

function checkPayloadTypes(formats: readonly string[], line: number): void {
  const seen = new Set<string>();
  for (const format of formats) {
    if (!/^\d{1,3}$/.test(format) || Number(format) > 127) {
      throw badSdp(line, `names "${format.slice(0, 16)}"`, 'payload types are numbers from 0 to 127');
    }
    if (seen.has(format)) throw badSdp(line, `names payload type ${format} twice`, 'name it once');
    seen.add(format);
  }
}

/** fmtp and rtcp-fb must speak of a payload type that an rtpmap names: parsers stumble over the others. */
function checkCodecLines(attributes: readonly SdpLine[]): void {
  const mapped = new Set<number>();
  for (const { name, value, number } of attributes) {
    if (name !== 'rtpmap') continue;
    const payloadType = Number.parseInt(value, 10);
    if (payloadType > 127)
      throw badSdp(number, `maps payload type ${payloadType}`, 'payload types go up to 127');
    if (mapped.has(payloadType))
      throw badSdp(number, `maps payload type ${payloadType} again`, 'map it once');
    mapped.add(payloadType);
  }
  for (const { name, value, number } of attributes) {
    if ((name !== 'fmtp' && name !== 'rtcp-fb') || value.startsWith('*')) continue;
    const payloadType = Number.parseInt(value, 10);
    if (!mapped.has(payloadType)) {
      throw badSdp(
        number,
        `a=${name} speaks of payload type ${payloadType}`,
        `add an a=rtpmap:${payloadType} line or remove this one`,
      );
    }
  }
}
