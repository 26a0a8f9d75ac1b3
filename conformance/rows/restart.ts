import { type ConformanceTest, shared } from '../check.ts';
import {
  type Context,
  expectRefusal,
  expectStatus,
  expectSuccess,
  expectType,
  fragmentType,
  type Session,
} from '../context.ts';
import type { Answer } from '../http.ts';
import { type Credentials, freshCredentials, writeFragment } from '../offers.ts';
import { answersCheck, iceSideOf } from '../peers/stun.ts';
import { anywhere, candidatesOf, readSdp, type Sdp } from '../sdp.ts';
import { must, notSupported, type Protocol } from '../verdict.ts';

const section: Readonly<Record<Protocol, string>> = { whip: 'RFC 9725 4.3.3', whep: 'WHEP-03 4.4.3' };

interface Restart {
  readonly answer: Answer;
  readonly fragment: Sdp;
  /** The client's new credentials. */
  readonly ice: Credentials;
}

/** Restarts ICE as the text of the RFC says; ends the test where the server does not. */
async function restarted(context: Context, session: Session, ifMatch = '*'): Promise<Restart> {
  const ice = freshCredentials();
  const answer = await context.patch(session, writeFragment(ice), ifMatch);
  if ([405, 422, 501].includes(answer.status))
    notSupported(`an ICE restart is answered with ${answer.status}`);
  expectStatus(answer, 200);
  return { answer, fragment: readSdp(answer.body), ice };
}

/** PATCH with new credentials. */
export const restartRows: readonly ConformanceTest[] = [
  ...shared({
    id: 'restart-200',
    title: 'new credentials with If-Match: * restart ICE: 200 and an SDP fragment',
    section,
    level: 'MUST',
    async run(context) {
      const { answer } = await restarted(context, await context.open());
      expectType(answer, fragmentType);
    },
  }),
  ...shared({
    id: 'restart-credentials',
    title: 'the fragment has new credentials of the server',
    section,
    level: 'MUST',
    async run(context) {
      const session = await context.open();
      const { fragment } = await restarted(context, session);
      for (const name of ['ice-ufrag', 'ice-pwd']) {
        const fresh = anywhere(fragment, name);
        must(fresh !== undefined, `the fragment has no a=${name}`);
        must(fresh !== anywhere(session.answer, name), `a=${name} is still the old one`);
      }
    },
  }),
  ...shared({
    id: 'restart-etag',
    title: 'the 200 has a new, strong ETag',
    section,
    level: 'MUST',
    async run(context) {
      const session = await context.open();
      const { etag } = (await restarted(context, session)).answer.headers;
      must(etag !== undefined && /^"[^"]*"$/.test(etag), `ETag is ${etag ?? 'not there'}`);
      must(etag !== session.etag, 'the ETag is still the old one');
    },
  }),
  ...shared({
    id: 'restart-candidates',
    title: 'the fragment has the server’s candidates (clients drop the old ones)',
    section,
    level: 'house',
    async run(context) {
      const { fragment } = await restarted(context, await context.open());
      must(candidatesOf(fragment).length > 0, 'the fragment has no candidate');
    },
  }),
  ...shared({
    id: 'restart-same-ice-attributes',
    title: 'the fragment has the same ice-lite, ice-options and ice-pacing as the answer',
    section,
    level: 'MUST',
    async run(context) {
      const session = await context.open();
      const { fragment } = await restarted(context, session);
      for (const name of ['ice-lite', 'ice-options', 'ice-pacing']) {
        const [before, after] = [anywhere(session.answer, name), anywhere(fragment, name)];
        must(before === after, `a=${name} was ${before ?? 'not there'}, is ${after ?? 'not there'}`);
      }
    },
  }),
  ...shared({
    id: 'restart-line-ends',
    title: 'every line of the fragment ends with CRLF',
    section: { whip: 'RFC 8840 9', whep: 'RFC 8840 9' },
    level: 'MUST',
    async run(context) {
      const { body } = (await restarted(context, await context.open())).answer;
      must(body.endsWith('\r\n') && !/[\r\n]/.test(body.replaceAll('\r\n', '')), 'there are other line ends');
    },
  }),
  ...shared({
    id: 'restart-works',
    title: 'the new credentials are in force: connectivity checks with them are answered',
    section,
    level: 'MUST',
    async run(context) {
      const session = await context.open({ candidates: false });
      const { fragment, ice } = await restarted(context, session);
      const server = iceSideOf(fragment, session.answer);
      if (server === undefined) notSupported('there is no UDP candidate with an address');
      must(
        await answersCheck(server, ice, patience(context)),
        'a check with the new credentials is not answered',
      );
    },
  }),
  ...shared({
    id: 'restart-quoted-star',
    title: 'If-Match: "*" restarts too: the examples of the specification print it so',
    section,
    level: 'house',
    async run(context) {
      const { answer } = await restarted(context, await context.open(), '"*"');
      expectStatus(answer, 200);
    },
  }),
  ...shared({
    id: 'restart-twice',
    title: 'ICE can be restarted again, each time with another ETag',
    section,
    level: 'MUST',
    async run(context) {
      const session = await context.open();
      const tags = new Set([session.etag]);
      for (let turn = 0; turn < 3; turn++) tags.add((await restarted(context, session)).answer.headers.etag);
      must(tags.size === 4, `four ICE sessions had ${tags.size} different tags`);
    },
  }),
  ...shared({
    id: 'restart-then-trickle',
    title: 'candidates of the new ICE session are taken with its ETag',
    section,
    level: 'MUST',
    async run(context) {
      const session = await context.open();
      const { answer, ice } = await restarted(context, session);
      expectSuccess(await context.patch(session, writeFragment(ice), answer.headers.etag));
    },
  }),
  ...shared({
    id: 'restart-refused-session-lives',
    title: 'a restart that is refused does not end the session: its ICE goes on',
    section,
    level: 'MUST',
    async run(context) {
      const session = await context.open({ candidates: false });
      const bad = writeFragment({ ufrag: '!', password: 'short' });
      expectRefusal(await context.patch(session, bad, '*'), 'credentials of improper form');
      expectSuccess(await context.request(session.url, { method: 'GET' }));
      const server = iceSideOf(session.answer);
      if (server === undefined) notSupported('there is no UDP candidate with an address');
      const answered = await answersCheck(server, session.ice, patience(context));
      must(answered, 'a check with the credentials from before is not answered any more');
    },
  }),
];

/** How long a connectivity check may take. */
export function patience({ settings, signal }: Context): {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
} {
  return { timeoutMs: Math.min(3_000, settings.timeoutMs / 2), signal };
}
