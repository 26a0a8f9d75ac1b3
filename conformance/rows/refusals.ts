import { type ConformanceTest, rule, shared } from '../check.ts';
import { type Context, expectRefusal, expectStatus, expectType, isSuccess, sdpType } from '../context.ts';
import { brief, listOf } from '../http.ts';
import { writeOffer } from '../offers.ts';
import { isAccepted } from '../sdp.ts';
import { must, notSupported } from '../verdict.ts';

const setUp = { whip: 'RFC 9725 4.2', whep: 'WHEP-03 4.2.4' } as const;
const direction = { whip: 'RFC 9725 4.2', whep: 'WHEP-03 4.2.5' } as const;

/** Bodies that are no SDP at all, by name. */
const noSdp: Readonly<Record<string, string>> = {
  'a word': 'hello',
  JSON: '{"type":"offer","sdp":"v=0"}',
  'a first line alone': 'v=0\r\n',
  'a NUL': 'v=0\r\no=\0\r\n',
  HTML: '<!doctype html><title>offer</title>',
};

/** Offers in which something indispensable is missing or absurd, by name. */
function brokenOffers(offer: string): Readonly<Record<string, string>> {
  return {
    'no ICE credentials': offer.replaceAll(/a=ice-(ufrag|pwd):.*\r\n/g, ''),
    'no fingerprint': offer.replaceAll(/a=fingerprint:.*\r\n/g, ''),
    'a fingerprint of zeros in no known hash': offer.replaceAll(
      /a=fingerprint:.*/g,
      'a=fingerprint:rot13 00',
    ),
    'no m-section': offer.slice(0, offer.indexOf('m=')),
    'a port that is no number': offer.replaceAll(/^m=(\w+) 9/gm, 'm=$1 nine'),
    'no media format': offer.replaceAll(/SAVPF [\d ]+/g, 'SAVPF'),
  };
}

/** Offers that only an attacker sends: all have to be refused, and quickly. */
function hostileOffers(offer: string): Readonly<Record<string, string>> {
  const many = (count: number, line: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => `${line(index)}\r\n`).join('');
  return {
    'a thousand sections': offer + many(1_000, (index) => `m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:x${index}`),
    'ten thousand empty attributes': offer + many(10_000, () => 'a='),
    'a line of 50,000 characters': `${offer}a=x:${'y'.repeat(50_000)}\r\n`,
    'half a UTF-16 pair': offer.replace('s=-', 's=\ud800'),
    'a control character': offer.replace('s=-', 's=\u0007'),
    'an offer inside an offer': offer + offer,
    'a negative port': offer.replaceAll(/^m=(\w+) 9/gm, 'm=$1 -1'),
  };
}

async function mustRefuseAll(
  context: Context,
  bodies: Readonly<Record<string, string>>,
  ...statuses: readonly number[]
): Promise<void> {
  for (const [what, body] of Object.entries(bodies)) {
    const answer = await context.post(body);
    expectRefusal(answer, what);
    must(
      statuses.length === 0 || statuses.includes(answer.status),
      `expected ${statuses.join(' or ')} for ${what}; ${brief(answer)}`,
    );
  }
}

/** What has to be refused, and how. */
export const refusalRows: readonly ConformanceTest[] = [
  ...shared({
    id: 'refuse-media-type',
    title: 'another media type is refused with 4xx',
    section: setUp,
    level: 'MUST',
    async run(context) {
      for (const type of ['text/plain', 'application/json', 'application/trickle-ice-sdpfrag'])
        expectRefusal(await context.post(context.offer().sdp, { 'Content-Type': type }), type);
      const untyped = await context.request(context.endpoint, { method: 'POST', body: context.offer().sdp });
      expectRefusal(untyped, 'no Content-Type');
    },
  }),
  ...shared({
    id: 'refuse-media-type-415',
    title: 'another media type is refused with 415 and Accept-Post',
    section: { whip: 'RFC 9110 15.5.16', whep: 'RFC 9110 15.5.16' },
    level: 'house',
    async run(context) {
      const answer = await context.post(context.offer().sdp, { 'Content-Type': 'text/plain' });
      expectStatus(answer, 415);
      must(listOf(answer, 'Accept-Post').includes(sdpType), 'the 415 does not say what would be accepted');
    },
  }),
  ...shared({
    id: 'refuse-malformed',
    title: 'a malformed SDP is refused with 4xx',
    section: setUp,
    level: 'MUST',
    run: (context) => mustRefuseAll(context, noSdp),
  }),
  ...shared({
    id: 'refuse-malformed-400',
    title: 'a malformed SDP is refused with 400',
    section: setUp,
    level: 'house',
    run: (context) => mustRefuseAll(context, noSdp, 400),
  }),
  ...shared({
    id: 'refuse-incomplete',
    title: 'an offer without ICE, fingerprint or media is refused with 4xx',
    section: setUp,
    level: 'MUST',
    run: (context) => mustRefuseAll(context, brokenOffers(context.offer().sdp), 400, 422),
  }),
  ...shared({
    id: 'refuse-hostile',
    title: 'absurd offers are refused with 4xx, never with 5xx or silence',
    section: { whip: 'RFC 9725 5', whep: 'WHEP-03 5' },
    level: 'house',
    run: (context) => mustRefuseAll(context, hostileOffers(context.offer().sdp)),
  }),
  ...shared({
    id: 'refuse-oversize',
    title: 'a body far beyond any offer is refused with 413',
    section: { whip: 'RFC 9110 15.5.14', whep: 'RFC 9110 15.5.14' },
    level: 'house',
    async run(context) {
      const body = `${context.offer().sdp}${'a=x:0123456789\r\n'.repeat(20_000)}`;
      expectStatus(await context.post(body), 413);
    },
  }),
  ...shared({
    id: 'refuse-direction',
    title: 'the wrong direction and inactive are refused with 4xx',
    section: direction,
    level: 'SHOULD',
    async run(context) {
      for (const wrong of [wrongDirection(context), 'inactive'])
        expectRefusal(await context.post(context.offer({ direction: wrong }).sdp), wrong);
    },
  }),
  ...shared({
    id: 'refuse-direction-422',
    title: 'the wrong direction is refused with 422: the SDP is good, its meaning is not',
    section: direction,
    level: 'house',
    async run(context) {
      const other = writeOffer(context.protocol === 'whip' ? 'whep' : 'whip');
      expectStatus(await context.post(other.sdp), 422);
    },
  }),
  ...shared({
    id: 'refuse-no-bundle',
    title: 'two sections outside a BUNDLE group are refused with 4xx, or only one transport is answered',
    section: { whip: 'RFC 9725 4.4.1', whep: 'WHEP-03 4.5.1' },
    level: 'house',
    async run(context) {
      const offer = context.offer({ bundle: false });
      const created = await context.post(offer.sdp);
      if (!isSuccess(created)) {
        expectRefusal(created, 'an offer without BUNDLE');
        return;
      }
      const { answer } = context.opened(created, offer.ice);
      must(answer.sections.filter(isAccepted).length <= 1, 'both sections were accepted on one transport');
    },
  }),
  ...shared({
    id: 'refuse-problem-json',
    title: 'a refusal explains itself as problem+json, with the detail in `error` too (a player reads that)',
    section: { whip: 'RFC 9725 4.1, RFC 9457', whep: 'WHEP-03 4.1, RFC 9457' },
    level: 'house',
    async run(context) {
      const answer = await context.post('hello');
      expectType(answer, 'application/problem+json');
      const problem = JSON.parse(answer.body) as Readonly<Record<string, unknown>>;
      must(problem['status'] === answer.status, `status in the body is ${String(problem['status'])}`);
      for (const name of ['type', 'title', 'detail', 'error'])
        must(typeof problem[name] === 'string' && problem[name] !== '', `"${name}" is missing`);
    },
  }),
  rule({
    id: 'whip-refuse-empty',
    title: 'an empty body is refused with 4xx',
    section: 'RFC 9725 4.2',
    level: 'MUST',
    protocol: 'whip',
    async run(context) {
      expectRefusal(await context.post(''), 'an empty body');
    },
  }),
  rule({
    id: 'whip-refuse-two-videos',
    title: 'more tracks of a kind than are supported are refused with 422 or 400, all of them',
    section: 'RFC 9725 4.4.2',
    level: 'MUST',
    protocol: 'whip',
    async run(context) {
      const offer = context.offer({ videos: 2 });
      const created = await context.post(offer.sdp);
      if (!isSuccess(created)) {
        expectStatus(created, 422, 400);
        return;
      }
      const { answer } = context.opened(created, offer.ice);
      must(answer.sections.every(isAccepted), 'one of the sections was refused inside a 201');
      notSupported('this server takes two video tracks');
    },
  }),
  rule({
    id: 'whip-refuse-no-partial',
    title: 'an offer of which only a part can be taken is refused as a whole with 422 or 400',
    section: 'RFC 9725 4.4.3',
    level: 'SHOULD',
    protocol: 'whip',
    async run(context) {
      expectStatus(await context.post(context.offer({ videoCodec: 'X-UNHEARD-OF/90000' }).sdp), 422, 400);
    },
  }),
  rule({
    id: 'whep-data-channel',
    title: 'a data channel beside the media is answered, not a reason to refuse (a player opens one)',
    section: 'WHEP-03 4.2.1',
    level: 'house',
    protocol: 'whep',
    async run(context) {
      const offer = context.offer();
      const ice = [`a=ice-ufrag:${offer.ice.ufrag}`, `a=ice-pwd:${offer.ice.password}`, 'a=setup:actpass'];
      const lines = ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'c=IN IP4 0.0.0.0', 'a=mid:2'];
      const channel = [...lines, ...ice, 'a=sctp-port:5000'].map((line) => `${line}\r\n`).join('');
      const print = /a=fingerprint:.*\r\n/.exec(offer.sdp)?.[0] ?? '';
      const sdp = offer.sdp.replace('BUNDLE 0 1', 'BUNDLE 0 1 2') + channel + print;
      const { answer } = context.opened(await context.post(sdp), offer.ice);
      must(answer.sections.length === 3, `three sections were offered, ${answer.sections.length} answered`);
    },
  }),
];

/** The direction that makes no sense in an offer of this protocol. */
function wrongDirection({ protocol }: Context): string {
  return protocol === 'whip' ? 'recvonly' : 'sendonly';
}
