import { type ConformanceTest, rule, shared } from '../check.ts';
import { type Context, expectStatus, expectSuccess, isSuccess, sdpType } from '../context.ts';
import type { Answer } from '../http.ts';
import { must, notSupported } from '../verdict.ts';

const section = { whip: 'RFC 9725 4.5', whep: 'WHEP-03 4.6' } as const;

/** POSTs where the server should not want to take it itself: the busy endpoint if one was named. */
async function declined(context: Context): Promise<Answer> {
  const { busyWhip, busyWhep } = context.settings;
  const url = (context.protocol === 'whip' ? busyWhip : busyWhep) ?? context.endpoint;
  const answer = await context.request(url, {
    method: 'POST',
    headers: { 'Content-Type': sdpType },
    body: context.offer().sdp,
  });
  const { location } = answer.headers;
  if (isSuccess(answer) && location !== undefined) context.endLater(new URL(location, url).href);
  return answer;
}

/** Redirects, overload and streams that nobody sends. */
export const loadRows: readonly ConformanceTest[] = [
  ...shared({
    id: 'redirect-307',
    title: 'a POST that is redirected is redirected with 307 or 308, not as a GET (301, 302, 303)',
    section,
    level: 'MUST',
    async run(context) {
      const answer = await declined(context);
      if (answer.status < 300 || answer.status > 399) notSupported('the server did not redirect');
      expectStatus(answer, 307, 308);
      must(answer.headers.location !== undefined, `the ${answer.status} has no Location`);
    },
  }),
  ...shared({
    id: 'redirect-followed',
    title: 'where the redirect leads, the offer is answered, and the session needs no further redirect',
    section,
    level: 'MUST',
    async run(context) {
      const redirect = await declined(context);
      const { location } = redirect.headers;
      if (![307, 308].includes(redirect.status) || location === undefined)
        notSupported('the server did not redirect');
      const target = new URL(location, redirect.url).href;
      const offer = context.offer();
      const created = await context.request(target, {
        method: 'POST',
        headers: { 'Content-Type': sdpType },
        body: offer.sdp,
      });
      const session = context.opened(created, offer.ice);
      expectSuccess(await context.end(session));
    },
  }),
  ...shared({
    id: 'busy-503',
    title: 'a server that can take no more says 503, with Retry-After in whole seconds',
    section,
    level: 'MAY',
    async run(context) {
      const answer = await declined(context);
      if (answer.status !== 503)
        notSupported(`the server is not full (${answer.status}); see --busy-${context.protocol}`);
      const after = answer.headers['retry-after'];
      must(/^\d+$/.test(after ?? ''), `Retry-After is ${after ?? 'not there'}`);
    },
  }),
  ...shared({
    id: 'busy-429',
    title: 'a server that is asked too often says 429, with Retry-After in whole seconds',
    section: { whip: 'RFC 6585 4', whep: 'RFC 6585 4' },
    level: 'MAY',
    async run(context) {
      const answer = await declined(context);
      if (answer.status !== 429)
        notSupported(`nobody was asked too often (${answer.status}); see --busy-${context.protocol}`);
      const after = answer.headers['retry-after'];
      must(/^[1-9]\d*$/.test(after ?? ''), `Retry-After is ${after ?? 'not there'}`);
    },
  }),
  rule({
    id: 'whep-no-publisher-409',
    title: 'while nobody publishes, POST gives 409 with Retry-After',
    section: 'WHEP-03 4.2.8',
    level: 'MUST',
    protocol: 'whep',
    phase: 'offline',
    async run(context) {
      const answer = await context.post(context.offer().sdp);
      if (answer.status === 201)
        notSupported('somebody publishes already, or viewers may wait for a publisher');
      expectStatus(answer, 409);
      const after = answer.headers['retry-after'];
      must(/^[1-9]\d*$/.test(after ?? ''), `Retry-After is ${after ?? 'not there'}`);
    },
  }),
];
