import { type ConformanceTest, shared } from '../check.ts';
import {
  type Bearer,
  type Context,
  expectStatus,
  expectSuccess,
  isSuccess,
  sdpType,
  type Session,
} from '../context.ts';
import type { Answer } from '../http.ts';
import { writeFragment } from '../offers.ts';
import { must, notSupported, type Protocol } from '../verdict.ts';

const section: Readonly<Record<Protocol, string>> = { whip: 'RFC 9725 4.7.1', whep: 'WHEP-03 4.8.1' };

/** The refusal of an offer by somebody without the right token; ends the test where everybody may. */
async function refused(context: Context, as: Bearer): Promise<Answer> {
  if (context.token === undefined) notSupported('no --token was given');
  const answer = await context.post(context.offer().sdp, {}, as);
  if (isSuccess(answer)) notSupported('this server asks nobody for a token');
  return answer;
}

/** Bearer tokens. */
export const authRows: readonly ConformanceTest[] = [
  ...shared({
    id: 'auth-missing-401',
    title: 'without a token POST gives 401 with WWW-Authenticate: Bearer',
    section: { whip: 'RFC 9725 4.7.1, RFC 6750 3', whep: 'WHEP-03 4.8.1, RFC 6750 3' },
    level: 'MUST',
    async run(context) {
      const answer = await refused(context, 'nobody');
      expectStatus(answer, 401);
      const challenge = answer.headers['www-authenticate'];
      must(/^Bearer\b/i.test(challenge ?? ''), `WWW-Authenticate is ${challenge ?? 'not there'}`);
    },
  }),
  ...shared({
    id: 'auth-wrong-401',
    title: 'with a token that nobody issued POST gives 401 with error="invalid_token"',
    section: { whip: 'RFC 6750 3.1', whep: 'RFC 6750 3.1' },
    level: 'SHOULD',
    async run(context) {
      const answer = await refused(context, 'stranger');
      expectStatus(answer, 401);
      const challenge = answer.headers['www-authenticate'];
      must(/error="invalid_token"/.test(challenge ?? ''), `WWW-Authenticate is ${challenge ?? 'not there'}`);
    },
  }),
  ...shared({
    id: 'auth-scope-403',
    title: 'a token that is good, but not for this, gives 403',
    section: { whip: 'RFC 6750 3.1', whep: 'RFC 6750 3.1' },
    level: 'SHOULD',
    async run(context) {
      const { token, viewToken = token } = context.settings;
      if (token === viewToken) notSupported('one token is for both sides; see --view-token');
      await refused(context, 'nobody');
      expectStatus(await context.post(context.offer().sdp, {}, 'other side'), 403);
    },
  }),
  ...shared({
    id: 'auth-before-body',
    title: 'a stranger is refused as a stranger, whatever the offer is like',
    section,
    level: 'house',
    async run(context) {
      await refused(context, 'nobody');
      expectStatus(await context.post('hello', {}, 'nobody'), 401);
    },
  }),
  ...shared({
    id: 'auth-preflight-open',
    title: 'a CORS preflight needs no token',
    section,
    level: 'MUST',
    async run(context) {
      await refused(context, 'nobody');
      const answer = await context.request(context.endpoint, {
        method: 'OPTIONS',
        as: 'nobody',
        headers: { Origin: 'https://page.example', 'Access-Control-Request-Method': 'POST' },
      });
      must(answer.status >= 200 && answer.status < 300, `the preflight gave ${answer.status}`);
    },
  }),
  ...shared({
    id: 'auth-scheme-case',
    title: 'the scheme is understood in any case: bearer',
    section: { whip: 'RFC 9110 11.1', whep: 'RFC 9110 11.1' },
    level: 'MUST',
    async run(context) {
      await refused(context, 'nobody');
      const headers = { Authorization: `bearer ${context.token ?? ''}` };
      expectSuccess(await context.post(context.offer().sdp, headers, 'nobody'));
    },
  }),
  ...shared({
    id: 'auth-stranger-patch',
    title: 'PATCH on a session with a token that is not its holder’s is refused with 401 or 403',
    section,
    level: 'MUST',
    async run(context) {
      const session = await guarded(context);
      const answer = await context.request(session.url, {
        method: 'PATCH',
        as: 'stranger',
        headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': session.etag ?? '*' },
        body: writeFragment(session.ice),
      });
      expectStatus(answer, 401, 403);
    },
  }),
  ...shared({
    id: 'auth-stranger-delete',
    title: 'DELETE on a session with a token that is not its holder’s is refused with 401 or 403',
    section,
    level: 'MUST',
    async run(context) {
      const session = await guarded(context);
      expectStatus(await context.request(session.url, { method: 'DELETE', as: 'stranger' }), 401, 403);
      expectSuccess(await context.end(session));
    },
  }),
  ...shared({
    id: 'auth-not-in-url',
    title: 'a token in the URL is not taken: URLs end up in logs',
    section: { whip: 'RFC 6750 2.3', whep: 'RFC 6750 2.3' },
    level: 'house',
    async run(context) {
      await refused(context, 'nobody');
      const url = new URL(context.endpoint);
      url.searchParams.set('token', context.token ?? '');
      const answer = await context.request(url.href, {
        method: 'POST',
        as: 'nobody',
        headers: { 'Content-Type': sdpType },
        body: context.offer().sdp,
      });
      expectStatus(answer, 400, 401);
    },
  }),
];

/** A session at a server that asks for tokens. */
async function guarded(context: Context): Promise<Session> {
  await refused(context, 'nobody');
  return context.open();
}
