import { type ConformanceTest, rule, shared } from '../check.ts';
import { expectStatus, expectType, origin, sdpType } from '../context.ts';
import { listOf } from '../http.ts';
import { must } from '../verdict.ts';

/** OPTIONS, GET, HEAD and methods that do nothing: what an endpoint says of itself. */
export const optionsRows: readonly ConformanceTest[] = [
  ...shared({
    id: 'options-200',
    title: 'OPTIONS on the endpoint is answered with 200',
    section: { whip: 'RFC 9725 4.2', whep: 'WHEP-03 4.3' },
    level: 'MUST',
    async run(context) {
      expectStatus(await context.request(context.endpoint, { method: 'OPTIONS' }), 200);
    },
  }),
  ...shared({
    id: 'options-accept-post',
    title: 'OPTIONS says Accept-Post: application/sdp',
    section: { whip: 'RFC 9725 4.2', whep: 'WHEP-03 4.3' },
    level: 'SHOULD',
    async run(context) {
      const answer = await context.request(context.endpoint, { method: 'OPTIONS' });
      must(
        listOf(answer, 'Accept-Post').includes(sdpType),
        `Accept-Post is ${answer.lines('Accept-Post').join(', ') || 'not there'}`,
      );
    },
  }),
  ...shared({
    id: 'options-preflight-no-link',
    title: 'a CORS preflight carries no ice-server Link',
    section: { whip: 'RFC 9725 4.6', whep: 'WHEP-03 4.7' },
    level: 'SHOULD',
    async run(context) {
      const answer = await context.request(context.endpoint, {
        method: 'OPTIONS',
        as: 'nobody',
        headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
      });
      const links = answer.lines('Link').filter((line) => line.includes('ice-server'));
      must(links.length === 0, `the preflight carries ${links.length} ice-server links`);
    },
  }),
  ...shared({
    id: 'get-endpoint',
    title: 'GET on the endpoint gives success without content',
    section: { whip: 'RFC 9725 4.1', whep: 'WHEP-03 4.1' },
    level: 'MUST',
    async run(context) {
      const answer = await context.request(context.endpoint, { method: 'GET' });
      must(answer.status >= 200 && answer.status < 300, `expected 2xx, got ${answer.status}`);
      must(answer.body === '', `expected no content, got ${answer.body.length} characters`);
    },
  }),
  ...shared({
    id: 'get-session',
    title: 'GET on a session gives success without content',
    section: { whip: 'RFC 9725 4.1', whep: 'WHEP-03 4.1' },
    level: 'MUST',
    async run(context) {
      const session = await context.open();
      const answer = await context.request(session.url, { method: 'GET' });
      must(answer.status >= 200 && answer.status < 300, `expected 2xx, got ${answer.status}`);
      must(answer.body === '', `expected no content, got ${answer.body.length} characters`);
    },
  }),
  ...shared({
    id: 'head-endpoint',
    title: 'HEAD on the endpoint is answered as GET is, with success',
    section: { whip: 'RFC 9110 9.3.2', whep: 'RFC 9110 9.3.2' },
    level: 'MUST',
    async run(context) {
      const answer = await context.request(context.endpoint, { method: 'HEAD' });
      must(answer.status >= 200 && answer.status < 300, `expected 2xx, got ${answer.status}`);
    },
  }),
  rule({
    id: 'whep-head-discovery',
    title: 'HEAD tells that this is a WHEP URL: 200 and Content-Type: application/sdp',
    section: 'WHEP-git 4.2',
    level: 'house',
    protocol: 'whep',
    async run(context) {
      const answer = await context.request(context.endpoint, { method: 'HEAD' });
      expectStatus(answer, 200);
      expectType(answer, sdpType);
    },
  }),
  ...shared({
    id: 'put-endpoint-405',
    title: 'PUT on the endpoint is refused with 405 and Allow',
    section: { whip: 'RFC 9110 15.5.6', whep: 'WHEP-M01 4.3' },
    level: 'house',
    async run(context) {
      const answer = await context.request(context.endpoint, { method: 'PUT', body: 'x' });
      expectStatus(answer, 405);
      must(listOf(answer, 'Allow').includes('post'), 'the 405 has no Allow that names POST');
    },
  }),
  ...shared({
    id: 'post-session-405',
    title: 'POST and PUT on a session are refused with 405 and Allow',
    section: { whip: 'RFC 9110 15.5.6', whep: 'WHEP-M01 4.3' },
    level: 'house',
    async run(context) {
      const session = await context.open();
      for (const method of ['POST', 'PUT']) {
        const answer = await context.request(session.url, {
          method,
          headers: { 'Content-Type': sdpType },
          body: context.offer().sdp,
        });
        expectStatus(answer, 405);
        must(listOf(answer, 'Allow').includes('delete'), 'the 405 has no Allow that names DELETE');
      }
    },
  }),
];
