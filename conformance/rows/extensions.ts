import { type ConformanceTest, type OneRow, rule } from '../check.ts';
import { type Context, expectRefusal, expectStatus, expectType, type Session } from '../context.ts';
import type { Answer } from '../http.ts';
import { must, notSupported } from '../verdict.ts';

const prefix = 'urn:ietf:params:whep:ext:core:';
const json = 'application/json';

interface Extension {
  readonly session: Session;
  /** Absolute. */
  readonly url: string;
  /** The link's parameters. */
  readonly link: string;
}

/** Where an extension of a fresh session is; ends the test where the server does not have it. */
async function extension(context: Context, name: 'server-sent-events' | 'layer'): Promise<Extension> {
  const session = await context.open();
  const link = session.created.lines('Link').find((line) => line.includes(prefix + name));
  const target = /^<([^>]+)>/.exec(link ?? '')?.[1];
  if (link === undefined) return notSupported(`the 201 has no Link to ${name}`);
  must(target !== undefined, `the Link to ${name} has no target: ${link}`);
  return { session, url: new URL(target, session.created.url).href, link };
}

function post(context: Context, url: string, value: unknown): Promise<Answer> {
  return context.request(url, {
    method: 'POST',
    headers: { 'Content-Type': json },
    body: JSON.stringify(value),
  });
}

/** Opens an event stream and gives its URL. */
async function subscribed(context: Context, { url }: Extension, events: readonly string[]): Promise<string> {
  const created = await post(context, url, events);
  expectStatus(created, 201);
  const { location } = created.headers;
  must(location !== undefined, 'the 201 has no Location');
  return new URL(location, url).href;
}

const row = (test: Omit<OneRow, 'protocol'>): ConformanceTest => rule({ ...test, protocol: 'whep' });

/** The working group's core extensions: events from the server, and the choice of a layer. */
export const extensionRows: readonly ConformanceTest[] = [
  row({
    id: 'whep-events-subscribe',
    title: 'POST of a JSON array of event names gives 201 with Location',
    section: 'WHEP-EXT 4',
    level: 'MUST',
    async run(context) {
      await subscribed(context, await extension(context, 'server-sent-events'), ['active', 'inactive']);
    },
  }),
  row({
    id: 'whep-events-stream',
    title: 'GET of that is a text/event-stream; a live stream tells `active`, in one data line',
    section: 'WHEP-EXT 4.1',
    level: 'MUST',
    async run(context) {
      const url = await subscribed(context, await extension(context, 'server-sent-events'), ['active']);
      const stream = await context.request(url, {
        method: 'GET',
        headers: { Accept: 'text/event-stream' },
        until: (text) => /^event: ?active\r?\ndata: ?\{.*\}\r?\n\r?\n/m.test(text),
      });
      expectStatus(stream, 200);
      expectType(stream, 'text/event-stream');
    },
  }),
  row({
    id: 'whep-events-advertised',
    title: 'the Link says in `events` which there are',
    section: 'WHEP-EXT 4',
    level: 'MAY',
    async run(context) {
      const { link } = await extension(context, 'server-sent-events');
      const events = /events="([^"]*)"/.exec(link)?.[1];
      if (events === undefined) notSupported('the Link has no events parameter');
      must(events.split(',').includes('active'), `events="${events}"`);
    },
  }),
  row({
    id: 'whep-events-unknown',
    title: 'an event that there is not, or no JSON, is refused with 4xx',
    section: 'WHEP-EXT 4',
    level: 'house',
    async run(context) {
      const { url } = await extension(context, 'server-sent-events');
      expectRefusal(await post(context, url, ['no-such-event']), 'an unknown event');
      const broken = { method: 'POST', headers: { 'Content-Type': json }, body: '[' };
      expectRefusal(await context.request(url, broken), 'broken JSON');
    },
  }),
  row({
    id: 'whep-events-delete',
    title: 'DELETE of an event stream ends it: GET gives 404 then',
    section: 'WHEP-EXT 4',
    level: 'MUST',
    async run(context) {
      const url = await subscribed(context, await extension(context, 'server-sent-events'), ['active']);
      const ended = await context.request(url, { method: 'DELETE' });
      must(ended.status >= 200 && ended.status < 300, `DELETE gave ${ended.status}`);
      expectStatus(await context.request(url, { method: 'GET', until: () => true }), 404);
    },
  }),
  row({
    id: 'whep-events-end-with-session',
    title: 'event streams end with their session',
    section: 'WHEP-EXT 4',
    level: 'MUST',
    async run(context) {
      const events = await extension(context, 'server-sent-events');
      const url = await subscribed(context, events, ['active']);
      await context.end(events.session);
      expectStatus(await context.request(url, { method: 'GET', until: () => true }), 404, 410);
    },
  }),
  row({
    id: 'whep-layer-needs-events',
    title: 'a server with layer selection has events too, `layers` among them',
    section: 'WHEP-EXT 5',
    level: 'MUST',
    async run(context) {
      const { session } = await extension(context, 'layer');
      const events = session.created
        .lines('Link')
        .find((line) => line.includes(`${prefix}server-sent-events`));
      must(events !== undefined, 'there is no Link to server-sent-events');
      must(/events="[^"]*\blayers\b/.test(events), `layers is not advertised: ${events}`);
    },
  }),
  row({
    id: 'whep-layer-select',
    title: 'POST of constraints gives 200; without constraints the choice is the server’s again',
    section: 'WHEP-EXT 5',
    level: 'MUST',
    async run(context) {
      const { url } = await extension(context, 'layer');
      expectStatus(await post(context, url, { mediaId: '1', maxWidth: 320, maxHeight: 180 }), 200);
      expectStatus(await post(context, url, { mediaId: '1' }), 200);
      expectStatus(await post(context, url, {}), 200);
    },
  }),
  row({
    id: 'whep-layer-refused',
    title: 'a layer that there is not, or no JSON, is refused with 4xx',
    section: 'WHEP-EXT 5',
    level: 'house',
    async run(context) {
      const { url } = await extension(context, 'layer');
      expectRefusal(await post(context, url, { rid: 'no-such-layer' }), 'an unknown rid');
      const broken = { method: 'POST', headers: { 'Content-Type': json }, body: '{' };
      expectRefusal(await context.request(url, broken), 'broken JSON');
    },
  }),
];
