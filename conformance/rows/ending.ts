import { randomBytes } from 'node:crypto';
import { type ConformanceTest, shared } from '../check.ts';
import { expectStatus, expectSuccess } from '../context.ts';
import { answersCheck, iceSideOf } from '../peers/stun.ts';
import { patience } from './restart.ts';
import { must, notSupported, type Protocol } from '../verdict.ts';

const termination: Readonly<Record<Protocol, string>> = { whip: 'RFC 9725 4.2', whep: 'WHEP-03 4.3' };

/** DELETE. */
export const endingRows: readonly ConformanceTest[] = [
  ...shared({
    id: 'delete-200',
    title: 'DELETE on a session gives exactly 200 (OBS warns at anything else)',
    section: termination,
    level: 'MUST',
    async run(context) {
      expectStatus(await context.end(await context.open()), 200);
    },
  }),
  ...shared({
    id: 'delete-ignores-tag',
    title: 'DELETE ignores If-Match',
    section: { whip: 'RFC 9725 4.3.1', whep: 'WHEP-03 4.4.1' },
    level: 'MUST',
    async run(context) {
      expectSuccess(await context.end(await context.open(), { 'If-Match': '"another"' }));
    },
  }),
  ...shared({
    id: 'delete-ends',
    title: 'after DELETE the session is gone: GET gives 404 or 410',
    section: termination,
    level: 'MUST',
    async run(context) {
      const session = await context.open();
      await context.end(session);
      expectStatus(await context.request(session.url, { method: 'GET' }), 404, 410);
    },
  }),
  ...shared({
    id: 'delete-frees',
    title: 'after DELETE the server’s ICE agent answers no more checks (its consent is revoked)',
    section: { whip: 'RFC 9725 4.2, RFC 7675 5.2', whep: 'WHEP-03 4.3, RFC 7675 5.2' },
    level: 'MUST',
    async run(context) {
      const session = await context.open({ candidates: false });
      const server = iceSideOf(session.answer);
      if (server === undefined) notSupported('there is no UDP candidate with an address');
      const before = await answersCheck(server, session.ice, patience(context));
      if (!before) notSupported('the server does not answer checks here, so there is nothing to revoke');
      await context.end(session);
      const after = await answersCheck(server, session.ice, { timeoutMs: 250, signal: context.signal });
      must(!after, 'a check is still answered with success');
    },
  }),
  ...shared({
    id: 'delete-again',
    title: 'DELETE on a session that is just over succeeds again: who ends first does not matter',
    section: termination,
    level: 'house',
    async run(context) {
      const session = await context.open();
      await context.end(session);
      expectSuccess(await context.end(session));
    },
  }),
  ...shared({
    id: 'unknown-session-404',
    title: 'a session that never was gives 404 to GET, PATCH and DELETE',
    section: { whip: 'RFC 9110 15.5.5', whep: 'RFC 9110 15.5.5' },
    level: 'house',
    async run(context) {
      const { url } = await context.open();
      const unknown = url.replace(/[^/?=]{8,}(?=[^/]*$)/, randomBytes(16).toString('base64url'));
      if (unknown === url) notSupported('the session URL has no name at its end that could be replaced');
      const type = 'application/trickle-ice-sdpfrag';
      for (const method of ['GET', 'PATCH', 'DELETE']) {
        const isPatch = method === 'PATCH';
        const answer = await context.request(unknown, {
          method,
          headers: isPatch ? { 'Content-Type': type, 'If-Match': '*' } : {},
          ...(isPatch ? { body: 'a=end-of-candidates\r\n' } : {}),
        });
        expectStatus(answer, 404);
      }
    },
  }),
];
