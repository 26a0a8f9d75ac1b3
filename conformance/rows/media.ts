import { type ConformanceTest, rule, shared } from '../check.ts';
import { type Context, expectSuccess, type Session } from '../context.ts';
import { Publisher } from '../peers/publisher.ts';
import { answersCheck, iceSideOf } from '../peers/stun.ts';
import type { Transport } from '../peers/transport.ts';
import { Viewer } from '../peers/viewer.ts';
import { patience } from './restart.ts';
import { must, notSupported } from '../verdict.ts';

/** A real peer of this protocol, connected. */
async function connected(
  context: Context,
): Promise<{ readonly session: Session; readonly transport: Transport }> {
  if (context.protocol === 'whip') {
    const publisher = new Publisher();
    context.defer(() => publisher.close());
    const session = context.opened(await context.post(publisher.offer()), nobody);
    publisher.play(session.created.body);
    await context.eventually('ICE and DTLS connect', () => publisher.transport.connected);
    return { session, transport: publisher.transport };
  }
  const { session, viewer } = await watching(context);
  return { session, transport: viewer.transport };
}

async function watching(context: Context): Promise<{ readonly session: Session; readonly viewer: Viewer }> {
  const viewer = new Viewer();
  context.defer(() => viewer.transport.close());
  const session = context.opened(await context.post(viewer.offer()), nobody);
  viewer.transport.accept(session.created.body);
  await context.eventually('ICE and DTLS connect', () => viewer.transport.connected);
  return { session, viewer };
}

/** The credentials inside libdatachannel's offers are not needed here. */
const nobody = { ufrag: '', password: '' };

/** Real ICE, DTLS and SRTP. */
export const mediaRows: readonly ConformanceTest[] = [
  ...shared({
    id: 'ice-check',
    title: 'a connectivity check is answered although the offer had no candidate',
    section: { whip: 'RFC 9725 4.3.2, RFC 8445 7.3', whep: 'WHEP-03 4.4.2, RFC 8445 7.3' },
    level: 'MUST',
    async run(context) {
      const session = await context.open({ candidates: false });
      const server = iceSideOf(session.answer);
      if (server === undefined) notSupported('there is no UDP candidate with an address');
      must(await answersCheck(server, session.ice, patience(context)), 'no success came back');
    },
  }),
  ...shared({
    id: 'ice-check-authenticated',
    title: 'a connectivity check with a wrong password is not answered with success',
    section: { whip: 'RFC 8445 7.3', whep: 'RFC 8445 7.3' },
    level: 'MUST',
    async run(context) {
      const session = await context.open({ candidates: false });
      const server = iceSideOf(session.answer);
      if (server === undefined) notSupported('there is no UDP candidate with an address');
      const forged = { ...server, ice: { ...server.ice, password: 'A'.repeat(24) } };
      const answered = await answersCheck(forged, session.ice, { timeoutMs: 250, signal: context.signal });
      must(!answered, 'success came back');
    },
  }),
  ...shared({
    id: 'connect',
    title: 'a real peer connects: ICE, then DTLS',
    section: { whip: 'RFC 9725 3', whep: 'WHEP-03 3' },
    level: 'MUST',
    async run(context) {
      await connected(context);
    },
  }),
  ...shared({
    id: 'delete-closes-transport',
    title: 'DELETE ends the transport: the peer hears DTLS close or loses its path',
    section: { whip: 'RFC 9725 4.2', whep: 'WHEP-03 4.3' },
    level: 'MUST',
    async run(context) {
      const { session, transport } = await connected(context);
      expectSuccess(await context.end(session));
      await context.eventually('the peer notices the end', () => transport.over);
    },
  }),
  ...shared({
    id: 'delete-after-close',
    title: 'DELETE succeeds also when the peer closed its transport before it (OBS does that)',
    section: { whip: 'RFC 9725 4.2', whep: 'WHEP-03 4.3' },
    level: 'house',
    async run(context) {
      const { session, transport } = await connected(context);
      transport.close();
      // Half a second, in which the server may hear the goodbye; whether it does or not, the answer is the same.
      await context.within(async () => {
        const { status } = await context.request(session.url, { method: 'GET' });
        return status === 404 || status === 410;
      }, 500);
      expectSuccess(await context.end(session));
    },
  }),
  rule({
    id: 'whip-stop-and-start',
    title: 'a publisher that ended its session connects again at once',
    section: 'RFC 9725 4.2',
    level: 'house',
    protocol: 'whip',
    async run(context) {
      const first = await connected(context);
      first.transport.close();
      expectSuccess(await context.end(first.session));
      const second = await connected(context);
      must(second.session.url !== first.session.url, 'both sessions have the same URL');
    },
  }),
  rule({
    id: 'whep-media-flows',
    title: 'a viewer that connected gets media',
    section: 'WHEP-03 3',
    level: 'MUST',
    protocol: 'whep',
    async run(context) {
      const { viewer } = await watching(context);
      await context.eventually('ten packets come', () => viewer.packets >= 10);
    },
  }),
];
