import { type ConformanceTest, shared } from '../check.ts';
import {
  type Context,
  expectStatus,
  expectSuccess,
  fragmentType,
  isSuccess,
  type Session,
} from '../context.ts';
import { freshCredentials, writeFragment } from '../offers.ts';
import { must, notSupported, type Protocol } from '../verdict.ts';

const usage: Readonly<Record<Protocol, string>> = { whip: 'RFC 9725 4.3.1', whep: 'WHEP-03 4.4.1' };

/** Opens a session whose ICE sessions can be told apart. */
async function tagged(context: Context): Promise<Session & { readonly etag: string }> {
  const session = await context.open();
  const { etag } = session;
  if (etag === undefined) notSupported('sessions have no ETag');
  return { ...session, etag };
}

/** Entity tags: how out-of-order requests are told apart, and what clients in the field really send. */
export const tagRows: readonly ConformanceTest[] = [
  ...shared({
    id: 'tag-mismatch-412',
    title: 'candidates for another ICE session are refused with 412',
    section: usage,
    level: 'MUST',
    async run(context) {
      const session = await tagged(context);
      expectStatus(await context.patch(session, writeFragment(session.ice), '"another"'), 412);
    },
  }),
  ...shared({
    id: 'tag-outdated-412',
    title: 'after a restart, candidates with the ETag from before are refused with 412',
    section: usage,
    level: 'MUST',
    async run(context) {
      const session = await tagged(context);
      const restart = await context.patch(session, writeFragment(freshCredentials()), '*');
      if (restart.status !== 200) notSupported(`an ICE restart is answered with ${restart.status}`);
      expectStatus(await context.patch(session, writeFragment(session.ice), session.etag), 412);
    },
  }),
  ...shared({
    id: 'tag-missing-428',
    title: 'PATCH without If-Match is refused with 428 by a strict server',
    section: usage,
    level: 'SHOULD',
    async run(context) {
      const session = await tagged(context);
      const answer = await context.patch(session, writeFragment(session.ice));
      if (isSuccess(answer)) notSupported('this server is lenient: PATCH without If-Match is taken');
      expectStatus(answer, 428);
    },
  }),
  ...shared({
    id: 'tag-trickle-star',
    title: 'candidates with If-Match: * need the current ETag at a strict server',
    section: usage,
    level: 'SHOULD',
    async run(context) {
      const session = await tagged(context);
      const answer = await context.patch(session, writeFragment(session.ice), '*');
      if (isSuccess(answer)) notSupported('this server is lenient: * is taken for candidates too');
      expectStatus(answer, 412, 428);
    },
  }),
  ...shared({
    id: 'tag-restart-needs-star',
    title: 'a restart without If-Match: * is refused by a strict server',
    section: { whip: 'RFC 9725 4.3.3', whep: 'WHEP-03 4.4.3' },
    level: 'SHOULD',
    async run(context) {
      const session = await tagged(context);
      const answer = await context.patch(session, writeFragment(freshCredentials()));
      if (answer.status === 200) notSupported('this server is lenient: a restart needs no If-Match');
      expectStatus(answer, 428, 412);
    },
  }),
  ...shared({
    id: 'tag-lenient-missing',
    title: 'candidates without If-Match are taken (players in the field send none)',
    section: usage,
    level: 'house',
    async run(context) {
      const session = await tagged(context);
      const answer = await context.patch(session, writeFragment(session.ice));
      if (answer.status === 428) notSupported('this server is strict: PATCH without If-Match is refused');
      expectSuccess(answer);
    },
  }),
  ...shared({
    id: 'tag-lenient-star',
    title: 'candidates with If-Match: * or "*" are taken (players in the field send that)',
    section: usage,
    level: 'house',
    async run(context) {
      const session = await tagged(context);
      for (const star of ['*', '"*"']) {
        const answer = await context.patch(session, writeFragment(session.ice), star);
        if (answer.status === 412) notSupported(`this server is strict: ${star} is refused for candidates`);
        expectSuccess(answer);
      }
    },
  }),
  ...shared({
    id: 'tag-lenient-request-header',
    title: 'the tag is taken from an ETag request header too (one library sends that)',
    section: usage,
    level: 'house',
    async run(context) {
      const session = await tagged(context);
      const send = async (tag: string): Promise<number> => {
        const headers = { 'Content-Type': fragmentType, ETag: tag };
        const body = writeFragment(session.ice);
        return (await context.request(session.url, { method: 'PATCH', headers, body })).status;
      };
      const status = await send(session.etag);
      if (status === 428) notSupported('this server is strict: only If-Match counts');
      must(status >= 200 && status < 300, `expected success, got ${status}`);
    },
  }),
];
