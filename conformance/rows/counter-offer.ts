import { type ConformanceTest, rule } from '../check.ts';
import { type Context, expectSuccess, sdpType } from '../context.ts';
import { type Answer, mediaTypeOf } from '../http.ts';
import { Viewer } from '../peers/viewer.ts';
import { readSdp } from '../sdp.ts';
import { must, notSupported } from '../verdict.ts';

/** How a client names itself that is known to understand counter-offers; only such a one is sent them by careful servers. */
const knowing = 'GStreamer/1.26 whepclientsrc';
const section = 'WHEP-03 4.2.2';

/** An offer with which the server can do nothing. */
function hopeless(context: Context): string {
  return context.offer({ audio: false, videoCodec: 'X-UNHEARD-OF/90000' }).sdp;
}

/** What the server offers instead; ends the test where it just refuses. */
async function countered(context: Context): Promise<{ readonly answer: Answer; readonly url: string }> {
  const answer = await context.post(hopeless(context), { 'User-Agent': knowing });
  if (answer.status !== 406) notSupported(`an offer without a common codec is refused with ${answer.status}`);
  if (mediaTypeOf(answer) !== sdpType) notSupported('the 406 carries no offer');
  const { location } = answer.headers;
  must(location !== undefined, 'the 406 has an offer, but no Location to answer it at');
  return { answer, url: new URL(location, answer.url).href };
}

/** 406 with an offer that the server could serve. */
export const counterOfferRows: readonly ConformanceTest[] = [
  rule({
    id: 'whep-counter-offer',
    title: 'an offer that cannot be served is answered with 406, an offer of the server and Location',
    section,
    level: 'MAY',
    protocol: 'whep',
    async run(context) {
      const { answer } = await countered(context);
      must(readSdp(answer.body).sections.length > 0, 'the counter-offer has no m-section');
    },
  }),
  rule({
    id: 'whep-counter-offer-valid-until',
    title: 'the counter-offer’s Content-Type says until when: valid-until, an HTTP-date to come',
    section,
    level: 'MUST',
    protocol: 'whep',
    async run(context) {
      const { answer } = await countered(context);
      const until = /;\s*valid-until="([^"]+)"/.exec(answer.headers['content-type'] ?? '')?.[1];
      must(until !== undefined, `Content-Type is ${answer.headers['content-type'] ?? 'not there'}`);
      const now = answer.headers.date === undefined ? Date.now() : Date.parse(answer.headers.date);
      must(Date.parse(until) > now, `valid-until is "${until}"`);
    },
  }),
  rule({
    id: 'whep-counter-offer-answered',
    title: 'the answer to the counter-offer is taken, and media flows',
    section,
    level: 'MUST',
    protocol: 'whep',
    async run(context) {
      const { answer, url } = await countered(context);
      const viewer = new Viewer();
      context.defer(() => viewer.transport.close());
      const patched = await context.request(url, {
        method: 'PATCH',
        headers: { 'Content-Type': sdpType },
        body: viewer.answer(answer.body),
      });
      expectSuccess(patched);
      await context.eventually('ten packets come', () => viewer.packets >= 10);
    },
  }),
  rule({
    id: 'whep-counter-offer-unasked',
    title: 'other clients are refused with another 4xx: players in the field take 406 for something else',
    section,
    level: 'house',
    protocol: 'whep',
    async run(context) {
      const answer = await context.post(hopeless(context), { 'User-Agent': 'Mozilla/5.0' });
      must(
        answer.status >= 400 && answer.status < 500 && answer.status !== 406,
        `expected 4xx but not 406, got ${answer.status}`,
      );
    },
  }),
];
