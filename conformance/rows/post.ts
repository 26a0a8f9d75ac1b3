import { type ConformanceTest, rule, shared } from '../check.ts';
import { type Context, expectStatus, expectSuccess, expectType, fragmentType, sdpType } from '../context.ts';
import { listOf } from '../http.ts';
import { freshCredentials, writeFragment } from '../offers.ts';
import { must, notSupported } from '../verdict.ts';

const setUp = { whip: 'RFC 9725 4.2', whep: 'WHEP-03 4.2.1' } as const;
const strongTag = /^"[\x21\x23-\x7e\x80-\xff]*"$/;

/** POST with an offer: the 201 and its headers. */
export const postRows: readonly ConformanceTest[] = [
  ...shared({
    id: 'post-201',
    title: 'POST of an offer gives exactly 201',
    section: setUp,
    level: 'MUST',
    async run(context) {
      expectStatus(await context.post(context.offer().sdp), 201);
    },
  }),
  ...shared({
    id: 'post-content-type',
    title: 'the 201 has Content-Type application/sdp and an answer',
    section: setUp,
    level: 'MUST',
    async run(context) {
      const { created, answer } = await context.open();
      expectType(created, sdpType);
      must(created.body.startsWith('v=0'), 'the body is no SDP: it does not begin with v=0');
      must(answer.sections.length > 0, 'the answer has no m-section');
    },
  }),
  ...shared({
    id: 'post-location',
    title: 'the 201 has a Location that is the session, not the endpoint',
    section: setUp,
    level: 'MUST',
    async run(context) {
      const { url, created } = await context.open();
      must(url !== created.url, 'Location names the endpoint itself');
    },
  }),
  ...shared({
    id: 'post-location-absolute',
    title: 'Location is an absolute URL (OBS resolves a path at the wrong place)',
    section: setUp,
    level: 'house',
    async run(context) {
      const { created } = await context.open();
      must(
        /^https?:\/\//.test(created.headers.location ?? ''),
        `Location is ${created.headers.location ?? ''}`,
      );
    },
  }),
  ...shared({
    id: 'post-location-unguessable',
    title: 'session URLs cannot be guessed from each other',
    section: { whip: 'RFC 9725 5', whep: 'WHEP-03 5' },
    level: 'SHOULD',
    async run(context) {
      const [first, second] = [(await context.open()).url, (await context.open()).url];
      const [one = '', other = ''] = [first, second].map((url) => longestName(url));
      must(first !== second, 'two sessions have the same URL');
      must(one.length >= 16, `"${one}" is too short to hold 96 random bits`);
      const alike = one.split('').filter((character, index) => character === other[index]).length;
      must(alike < one.length / 2, `"${one}" and "${other}" are too much alike`);
    },
  }),
  ...shared({
    id: 'post-etag',
    title: 'the 201 has a strong ETag when ICE restarts are supported',
    section: { whip: 'RFC 9725 4.3.1', whep: 'WHEP-03 4.4.1' },
    level: 'MUST',
    async run(context) {
      const session = await context.open();
      if (session.etag === undefined) {
        const restart = await context.patch(session, writeFragment(freshCredentials()), '*');
        if (restart.status !== 200) notSupported('there is no ETag, and ICE restarts are not supported');
      }
      must(session.etag !== undefined, 'ICE restarts work, but the 201 has no ETag');
      must(strongTag.test(session.etag), `ETag is ${session.etag}, which is not strong and quoted`);
    },
  }),
  ...shared({
    id: 'post-accept-patch',
    title: 'the 201 says Accept-Patch: application/trickle-ice-sdpfrag',
    section: { whip: 'RFC 5789 3.1', whep: 'RFC 5789 3.1' },
    level: 'house',
    async run(context) {
      const { created } = await context.open();
      must(listOf(created, 'Accept-Patch').includes(fragmentType), 'Accept-Patch does not name it');
    },
  }),
  ...shared({
    id: 'post-media-type-spelling',
    title: 'the media type is understood in any case and with parameters',
    section: { whip: 'RFC 9110 8.3.1', whep: 'RFC 9110 8.3.1' },
    level: 'MUST',
    async run(context) {
      const headers = { 'Content-Type': 'Application/SDP; charset=utf-8' };
      expectSuccess(await context.post(context.offer().sdp, headers));
    },
  }),
  ...shared({
    id: 'post-no-candidates',
    title: 'an offer without a candidate is answered',
    section: { whip: 'RFC 9725 4.3.2', whep: 'WHEP-03 4.4.2' },
    level: 'MUST',
    async run(context) {
      await context.open({ candidates: false });
    },
  }),
  ...shared({
    id: 'post-audio-only',
    title: 'an offer of audio alone is answered',
    section: { whip: 'RFC 9725 4.4.2', whep: 'WHEP-03 4.5.2' },
    level: 'MUST',
    run: (context) => mustAnswerAll(context, { audio: true, videos: 0 }),
  }),
  ...shared({
    id: 'post-video-only',
    title: 'an offer of video alone is answered',
    section: { whip: 'RFC 9725 4.4.2', whep: 'WHEP-03 4.5.2' },
    level: 'MUST',
    run: (context) => mustAnswerAll(context, { audio: false, videos: 1 }),
  }),
  ...shared({
    id: 'post-sendrecv',
    title: 'an offer with sendrecv is answered, in one direction',
    section: { whip: 'RFC 9725 4.2', whep: 'WHEP-03 4.2.5' },
    level: 'MUST',
    async run(context) {
      const { answer } = await context.open({ direction: 'sendrecv' });
      const wanted = context.protocol === 'whip' ? 'recvonly' : 'sendonly';
      for (const section of answer.sections)
        must(section.direction === wanted, `${section.kind} is ${String(section.direction)}, not ${wanted}`);
    },
  }),
  rule({
    id: 'whip-post-takeover',
    title: 'a second publisher of the same stream is taken, not refused (encoders reconnect so)',
    section: 'RFC 9725 4.2',
    level: 'house',
    protocol: 'whip',
    async run(context) {
      await context.open();
      await context.open();
    },
  }),
];

/** The part of a session URL that can hold the randomness. */
function longestName(url: string): string {
  const { pathname, search } = new URL(url);
  const names = `${pathname}${search}`.split(/[/?&=]/);
  return names.reduce((longest, name) => (name.length > longest.length ? name : longest), '');
}

async function mustAnswerAll(
  context: Context,
  shape: { readonly audio: boolean; readonly videos: number },
): Promise<void> {
  const { answer } = await context.open(shape);
  must(answer.sections.length === 1, `one section was offered, ${answer.sections.length} came back`);
  must(answer.sections[0]?.port !== 0, 'the only section was refused inside the answer');
}
