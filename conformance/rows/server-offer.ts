import { setTimeout as sleep } from 'node:timers/promises';
import { type ConformanceTest, type OneRow, rule } from '../check.ts';
import {
  type Context,
  expectRefusal,
  expectStatus,
  expectSuccess,
  expectType,
  isSuccess,
  fragmentType,
  sdpType,
} from '../context.ts';
import type { Answer } from '../http.ts';
import { Viewer } from '../peers/viewer.ts';
import { anywhere, bundleOf, candidatesOf, readSdp, type Sdp } from '../sdp.ts';
import { must, notSupported } from '../verdict.ts';

interface ServerOffer {
  readonly created: Answer;
  readonly url: string;
  readonly offer: Sdp;
}

/** Asks the server to make the offer; ends the test where it does not do that. */
async function offered(context: Context): Promise<ServerOffer> {
  const created = await context.request(context.endpoint, {
    method: 'POST',
    headers: { Accept: sdpType },
    body: '',
  });
  const { location } = created.headers;
  if (isSuccess(created) && location !== undefined) context.endLater(new URL(location, created.url).href);
  if (created.status >= 400 && created.status < 500)
    notSupported(`an empty POST is refused with ${created.status}: the server makes no offers`);
  expectSuccess(created);
  must(location !== undefined, 'the 201 has no Location');
  return { created, url: new URL(location, created.url).href, offer: readSdp(created.body) };
}

function answer(context: Context, url: string, body: string): Promise<Answer> {
  return context.request(url, { method: 'PATCH', headers: { 'Content-Type': sdpType }, body });
}

/** A viewer that answered the server's offer. */
async function answered(
  context: Context,
): Promise<{ readonly patched: Answer; readonly url: string; readonly viewer: Viewer }> {
  const { created, url } = await offered(context);
  const viewer = new Viewer();
  context.defer(() => viewer.transport.close());
  const patched = await answer(context, url, viewer.answer(created.body));
  return { patched, url, viewer };
}

const row = (test: Omit<OneRow, 'protocol' | 'section'> & { readonly section?: string }): ConformanceTest =>
  rule({ section: 'WHEP-M01 4.2', ...test, protocol: 'whep' });

/** POST without an offer: the server makes it, the player answers by PATCH. */
export const serverOfferRows: readonly ConformanceTest[] = [
  row({
    id: 'whep-offer-201',
    title: 'an empty POST gives 201 with Location and an SDP offer',
    level: 'MAY',
    async run(context) {
      const { created, offer } = await offered(context);
      expectStatus(created, 201);
      expectType(created, sdpType);
      must(offer.sections.length > 0, 'the offer has no m-section');
    },
  }),
  row({
    id: 'whep-offer-typed-empty',
    title: 'an empty POST with Content-Type: application/sdp is the same (a player sends that)',
    level: 'house',
    async run(context) {
      await offered(context);
      const headers = { Accept: sdpType, 'Content-Type': sdpType };
      const created = await context.request(context.endpoint, { method: 'POST', headers, body: '' });
      expectSuccess(created);
      context.endLater(new URL(created.headers.location ?? '', created.url).href);
    },
  }),
  row({
    id: 'whep-offer-expires',
    title: 'the 201 says until when the answer is awaited: Expires, a date to come',
    level: 'MUST',
    async run(context) {
      const { created } = await offered(context);
      const { expires, date } = created.headers;
      must(expires !== undefined, 'there is no Expires');
      must(/^\w{3}, \d{2} \w{3} \d{4} [\d:]{8} GMT$/.test(expires), `Expires is "${expires}", no HTTP-date`);
      const now = date === undefined ? Date.now() : Date.parse(date);
      must(Date.parse(expires) > now, `Expires is ${expires}, and that is over`);
    },
  }),
  row({
    id: 'whep-offer-sends-only',
    title: 'the offer sends only',
    level: 'SHOULD',
    async run(context) {
      const { offer } = await offered(context);
      for (const section of offer.sections)
        must(section.direction === 'sendonly', `${section.kind} is ${String(section.direction)}`);
    },
  }),
  row({
    id: 'whep-offer-complete',
    title: 'the offer is complete: BUNDLE, rtcp-mux, actpass, candidates, one MediaStream',
    level: 'MUST',
    section: 'WHEP-M01 4.5',
    async run(context) {
      const { offer } = await offered(context);
      const group = bundleOf(offer) ?? [];
      const outside = offer.sections.filter(({ mid }) => !group.includes(mid));
      must(outside.length === 0, 'a section is not in the BUNDLE group');
      must(
        offer.sections.every((section) => section.has('rtcp-mux')),
        'a section has no a=rtcp-mux',
      );
      must(anywhere(offer, 'setup') === 'actpass', `a=setup is ${anywhere(offer, 'setup') ?? 'not there'}`);
      must(candidatesOf(offer).length > 0, 'there is no candidate');
      const streams = new Set(offer.sections.map((section) => section.value('msid')?.split(' ')[0]));
      must(streams.size === 1 && !streams.has(undefined), 'the sections are not of one MediaStream');
    },
  }),
  row({
    id: 'whep-offer-answered',
    title: 'the answer, sent by PATCH, is taken with 204',
    level: 'MUST',
    async run(context) {
      expectStatus((await answered(context)).patched, 204);
    },
  }),
  row({
    id: 'whep-offer-answer-etag',
    title: 'the reply to the answer has the ETag of the ICE session',
    level: 'MUST',
    section: 'WHEP-M01 4.4',
    async run(context) {
      const { etag } = (await answered(context)).patched.headers;
      must(etag !== undefined && /^"[^"]*"$/.test(etag), `ETag is ${etag ?? 'not there'}`);
    },
  }),
  row({
    id: 'whep-offer-media-flows',
    title: 'a viewer that answered the server’s offer connects and gets media',
    level: 'MUST',
    async run(context) {
      const { viewer } = await answered(context);
      await context.eventually('ICE and DTLS connect', () => viewer.transport.connected);
      await context.eventually('ten packets come', () => viewer.packets >= 10);
    },
  }),
  row({
    id: 'whep-offer-trickle',
    title: 'after the answer, candidates are taken',
    level: 'MUST',
    section: 'WHEP-M01 4.4',
    async run(context) {
      const { patched, url } = await answered(context);
      const trickled = await context.request(url, {
        method: 'PATCH',
        headers: { 'Content-Type': fragmentType, 'If-Match': patched.headers.etag ?? '*' },
        body: 'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=end-of-candidates\r\n',
      });
      if ([405, 422, 501].includes(trickled.status))
        notSupported(`trickle is answered with ${trickled.status}`);
      expectSuccess(trickled);
    },
  }),
  row({
    id: 'whep-offer-bad-answer',
    title: 'an answer that is none is refused with 4xx, and a good one is still taken',
    level: 'house',
    async run(context) {
      const { created, url } = await offered(context);
      expectRefusal(await answer(context, url, 'hello'), 'an answer that is no SDP');
      const viewer = new Viewer();
      context.defer(() => viewer.transport.close());
      expectSuccess(await answer(context, url, viewer.answer(created.body)));
    },
  }),
  row({
    id: 'whep-offer-declined',
    title: 'a player that does not want the offer ends the session by DELETE',
    level: 'MUST',
    async run(context) {
      const { url } = await offered(context);
      expectSuccess(await context.request(url, { method: 'DELETE' }));
    },
  }),
  row({
    id: 'whep-offer-expired',
    title: 'an offer that nobody answered in time is gone: 404',
    level: 'SHOULD',
    async run(context) {
      const { created, url } = await offered(context);
      const now = created.headers.date === undefined ? Date.now() : Date.parse(created.headers.date);
      const leftMs = Date.parse(created.headers.expires ?? '') - now;
      if (!(leftMs <= context.settings.maxWaitMs))
        notSupported(`the offer lives ${Math.round(leftMs / 1000)} s; --max-wait allows less`);
      // Dates have whole seconds.
      await sleep(leftMs + 1_000, undefined, { signal: context.signal });
      await context.eventually('the session is gone', async () => {
        const { status } = await context.request(url, { method: 'GET' });
        return status === 404 || status === 410;
      });
      expectStatus(await answer(context, url, context.offer().sdp), 404, 410);
    },
  }),
];
