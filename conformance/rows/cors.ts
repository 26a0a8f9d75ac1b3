import { type ConformanceTest, shared } from '../check.ts';
import { type Context, origin } from '../context.ts';
import { type Answer, listOf } from '../http.ts';
import { must } from '../verdict.ts';

const preflight = (context: Context, url: string, method: string, asked = ''): Promise<Answer> =>
  context.request(url, {
    method: 'OPTIONS',
    as: 'nobody',
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': method,
      ...(asked === '' ? {} : { 'Access-Control-Request-Headers': asked }),
    },
  });

/** Throws unless a page of another origin may read this answer. */
function mustBeReadable(answer: Answer): void {
  const allowed = answer.headers['access-control-allow-origin'];
  must(
    allowed === '*' || allowed === origin,
    `Access-Control-Allow-Origin of the ${answer.status} is ${allowed ?? 'not there'}`,
  );
}

function mustAllow(answer: Answer, ...methods: readonly string[]): void {
  must(answer.status >= 200 && answer.status < 300, `the preflight gave ${answer.status}; browsers want 2xx`);
  mustBeReadable(answer);
  const named = listOf(answer, 'Access-Control-Allow-Methods');
  for (const method of methods)
    must(
      named.includes(method.toLowerCase()) || named.includes('*') || method === 'POST',
      `Access-Control-Allow-Methods does not name ${method}`,
    );
}

/** Pages of other origins: browsers do not even send a request whose preflight fails. */
export const corsRows: readonly ConformanceTest[] = [
  ...shared({
    id: 'cors-preflight-endpoint',
    title: 'a preflight for POST on the endpoint succeeds, without a token',
    section: { whip: 'RFC 9725 4.2', whep: 'WHEP-03 4.3' },
    level: 'MUST',
    async run(context) {
      mustAllow(await preflight(context, context.endpoint, 'POST', 'content-type'), 'POST');
    },
  }),
  ...shared({
    id: 'cors-preflight-session',
    title: 'a preflight for PATCH and DELETE on a session succeeds, without a token',
    section: { whip: 'RFC 9725 4.2', whep: 'WHEP-03 4.3' },
    level: 'MUST',
    async run(context) {
      const session = await context.open();
      mustAllow(await preflight(context, session.url, 'PATCH', 'content-type,if-match'), 'PATCH');
      mustAllow(await preflight(context, session.url, 'DELETE'), 'DELETE');
    },
  }),
  ...shared({
    id: 'cors-request-headers',
    title: 'a preflight allows Authorization, Content-Type and If-Match by name',
    section: { whip: 'Fetch 3.3.3', whep: 'Fetch 3.3.3' },
    level: 'MUST',
    async run(context) {
      const answer = await preflight(
        context,
        context.endpoint,
        'POST',
        'authorization,content-type,if-match',
      );
      const named = listOf(answer, 'Access-Control-Allow-Headers');
      must(named.includes('authorization'), 'Authorization is not named, and * does not cover it');
      for (const header of ['content-type', 'if-match'])
        must(named.includes(header) || named.includes('*'), `${header} is not allowed`);
    },
  }),
  ...shared({
    id: 'cors-created-readable',
    title: 'the 201 may be read by a page of another origin',
    section: { whip: 'RFC 9725 4.2', whep: 'WHEP-03 4.3' },
    level: 'MUST',
    async run(context) {
      const offer = context.offer();
      mustBeReadable(context.opened(await context.post(offer.sdp, { Origin: origin }), offer.ice).created);
    },
  }),
  ...shared({
    id: 'cors-exposed-headers',
    title: 'the 201 exposes Location, ETag and Link',
    section: { whip: 'Fetch 3.3.3', whep: 'Fetch 3.3.3' },
    level: 'MUST',
    async run(context) {
      const offer = context.offer();
      const { created } = context.opened(await context.post(offer.sdp, { Origin: origin }), offer.ice);
      const exposed = listOf(created, 'Access-Control-Expose-Headers');
      for (const header of ['location', 'etag', 'link'])
        must(
          exposed.includes(header) || exposed.includes('*'),
          `${header} is not exposed, so a page cannot read it`,
        );
    },
  }),
  ...shared({
    id: 'cors-exposed-more',
    title: 'Accept-Patch, Accept-Post, Retry-After and Access-Control-Allow-Methods are exposed too',
    section: { whip: 'Fetch 3.3.3', whep: 'Fetch 3.3.3' },
    level: 'house',
    async run(context) {
      const answer = await context.request(context.endpoint, {
        method: 'OPTIONS',
        headers: { Origin: origin },
      });
      const exposed = listOf(answer, 'Access-Control-Expose-Headers');
      for (const header of ['accept-patch', 'accept-post', 'retry-after', 'access-control-allow-methods'])
        must(exposed.includes(header), `${header} is not exposed`);
    },
  }),
  ...shared({
    id: 'cors-refusals-readable',
    title: 'refusals may be read by a page of another origin',
    section: { whip: 'Fetch 3.3.3', whep: 'Fetch 3.3.3' },
    level: 'house',
    async run(context) {
      mustBeReadable(await context.post('hello', { Origin: origin }));
      mustBeReadable(await context.post('hello', { Origin: origin, 'Content-Type': 'text/plain' }));
    },
  }),
  ...shared({
    id: 'cors-vary',
    title: 'an answer that names an origin varies by Origin',
    section: { whip: 'Fetch 3.3.5', whep: 'Fetch 3.3.5' },
    level: 'SHOULD',
    async run(context) {
      const answer = await context.request(context.endpoint, {
        method: 'OPTIONS',
        headers: { Origin: origin },
      });
      if (answer.headers['access-control-allow-origin'] === '*') return;
      must(listOf(answer, 'Vary').includes('origin'), 'Vary does not name Origin');
    },
  }),
  ...shared({
    id: 'cors-max-age',
    title: 'a preflight may be kept for a while (Access-Control-Max-Age)',
    section: { whip: 'Fetch 3.3.3', whep: 'Fetch 3.3.3' },
    level: 'house',
    async run(context) {
      const answer = await preflight(context, context.endpoint, 'POST');
      must(Number(answer.headers['access-control-max-age']) > 0, 'there is no Access-Control-Max-Age');
    },
  }),
  ...shared({
    id: 'cors-private-network',
    title: 'a preflight from the public network to a private one is allowed',
    section: { whip: 'Private Network Access 3.1', whep: 'Private Network Access 3.1' },
    level: 'house',
    async run(context) {
      const answer = await context.request(context.endpoint, {
        method: 'OPTIONS',
        as: 'nobody',
        headers: {
          Origin: origin,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Private-Network': 'true',
        },
      });
      const allowed = answer.headers['access-control-allow-private-network'];
      must(allowed === 'true', `Access-Control-Allow-Private-Network is ${String(allowed ?? 'not there')}`);
    },
  }),
];
