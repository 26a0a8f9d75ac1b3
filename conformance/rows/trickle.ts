import { type ConformanceTest, shared } from '../check.ts';
import {
  type Context,
  expectRefusal,
  expectStatus,
  expectSuccess,
  fragmentType,
  sdpType,
  type Session,
} from '../context.ts';
import { type Answer, listOf } from '../http.ts';
import { freshCredentials, writeFragment } from '../offers.ts';
import { must, notSupported, type Protocol } from '../verdict.ts';

const usage: Readonly<Record<Protocol, string>> = { whip: 'RFC 9725 4.3.1', whep: 'WHEP-03 4.4.1' };
const trickle: Readonly<Record<Protocol, string>> = { whip: 'RFC 9725 4.3.2', whep: 'WHEP-03 4.4.2' };

/** Sends candidates of the current ICE session; ends the test where the server does not do trickle ICE. */
async function trickled(context: Context, session: Session, body: string): Promise<Answer> {
  const answer = await context.patch(session, body, session.etag);
  if ([405, 422, 501].includes(answer.status)) notSupported(`trickle ICE is answered with ${answer.status}`);
  return answer;
}

/** PATCH with candidates, and what PATCH refuses. */
export const trickleRows: readonly ConformanceTest[] = [
  ...shared({
    id: 'trickle-204',
    title: 'candidates sent by PATCH are taken with 204, without a body',
    section: trickle,
    level: 'MUST',
    async run(context) {
      const session = await context.open({ candidates: false });
      const answer = await trickled(context, session, writeFragment(session.ice));
      expectStatus(answer, 204);
      must(answer.body === '', 'the 204 has a body');
    },
  }),
  ...shared({
    id: 'trickle-no-etag',
    title: 'the 204 to candidates has no ETag',
    section: trickle,
    level: 'MUST',
    async run(context) {
      const session = await context.open({ candidates: false });
      const answer = await trickled(context, session, writeFragment(session.ice));
      must(answer.headers.etag === undefined, `the ${answer.status} has ETag ${answer.headers.etag ?? ''}`);
    },
  }),
  ...shared({
    id: 'trickle-odd-candidates',
    title: 'candidates that the server cannot use are dropped silently: still success',
    section: trickle,
    level: 'MUST',
    async run(context) {
      const session = await context.open({ candidates: false });
      const odd = [
        '1 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active',
        '2 1 udp 2122260223 3f5dfc3a-6a51-4d4c-9bbf-8a2c2b1b1a1a.local 50002 typ host',
        '3 1 udp 2122260222 2001:db8::1 50003 typ host generation 0 ufrag x network-id 1',
        '4 1 sctp 2122260221 192.0.2.1 50004 typ host',
      ];
      expectSuccess(await trickled(context, session, writeFragment(session.ice, odd)));
    },
  }),
  ...shared({
    id: 'trickle-end-alone',
    title: 'end-of-candidates alone is taken',
    section: { whip: 'RFC 8840 4.4', whep: 'RFC 8840 4.4' },
    level: 'MUST',
    async run(context) {
      const session = await context.open();
      expectSuccess(await trickled(context, session, writeFragment(session.ice, [])));
    },
  }),
  ...shared({
    id: 'patch-media-type',
    title: 'PATCH with another media type is refused with 4xx',
    section: usage,
    level: 'MUST',
    async run(context) {
      const session = await context.open();
      for (const type of ['text/plain', 'application/json', sdpType]) {
        const answer = await context.request(session.url, {
          method: 'PATCH',
          headers: { 'Content-Type': type, 'If-Match': session.etag ?? '*' },
          body: type === sdpType ? context.offer().sdp : writeFragment(session.ice),
        });
        expectRefusal(answer, type);
      }
    },
  }),
  ...shared({
    id: 'patch-media-type-415',
    title: 'PATCH with another media type is refused with 415 and Accept-Patch',
    section: { whip: 'RFC 5789 2.2', whep: 'RFC 5789 2.2' },
    level: 'house',
    async run(context) {
      const session = await context.open();
      const answer = await context.request(session.url, {
        method: 'PATCH',
        headers: { 'Content-Type': 'text/plain', 'If-Match': session.etag ?? '*' },
        body: writeFragment(session.ice),
      });
      expectStatus(answer, 415);
      must(
        listOf(answer, 'Accept-Patch').includes(fragmentType),
        'the 415 does not say what would be accepted',
      );
    },
  }),
  ...shared({
    id: 'patch-malformed',
    title: 'a malformed SDP fragment is refused with 4xx and the session goes on',
    section: usage,
    level: 'MUST',
    async run(context) {
      const session = await context.open();
      for (const body of ['', 'hello', '{}', 'a=ice-ufrag:\r\n\0'])
        expectRefusal(await context.patch(session, body, session.etag), JSON.stringify(body));
      expectSuccess(await context.request(session.url, { method: 'GET' }));
    },
  }),
  ...shared({
    id: 'patch-answer-422',
    title: 'an SDP answer for a session that began with the client’s offer is refused with 422',
    section: { whip: 'RFC 9725 4.3.1', whep: 'WHEP-M01 4.2' },
    level: 'house',
    async run(context) {
      const session = await context.open();
      const answer = await context.request(session.url, {
        method: 'PATCH',
        headers: { 'Content-Type': sdpType, 'If-Match': session.etag ?? '*' },
        body: context.offer().sdp,
      });
      expectStatus(answer, 422);
    },
  }),
  ...shared({
    id: 'patch-overlapping',
    title: 'overlapping PATCH requests are all answered',
    section: usage,
    level: 'MUST',
    async run(context) {
      const session = await context.open({ candidates: false });
      await trickled(context, session, writeFragment(session.ice, []));
      const bodies = Array.from({ length: 8 }, (_, index) =>
        writeFragment(session.ice, [`${index} 1 udp 2130706431 127.0.0.1 ${50_010 + index} typ host`]),
      );
      const answers = await Promise.all(bodies.map((body) => context.patch(session, body, session.etag)));
      for (const answer of answers) expectSuccess(answer);
    },
  }),
  ...shared({
    id: 'patch-ended-session',
    title: 'PATCH on a session that was ended is refused with 404 or 410',
    section: { whip: 'RFC 9110 15.5.5', whep: 'RFC 9110 15.5.5' },
    level: 'house',
    async run(context) {
      const session = await context.open();
      await context.end(session);
      expectStatus(await context.patch(session, writeFragment(freshCredentials()), '*'), 404, 410);
    },
  }),
];
