import { get } from 'node:http';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { CountingViewer } from '#test/kit/counting-viewer.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const small = { width: 320, height: 180, bitrateBps: 300_000, seconds: 2, keyframeSeconds: 1 } as const;
let gateway: Gateway;
/** Until the test has ended it. */
let running: Gateway | undefined;
let recording: Recording;

beforeAll(async () => {
  [gateway, recording] = await Promise.all([
    startGateway({ env: { FRONTROW_SESSION__OVERFLOW_URL: 'https://b.example.org/' } }),
    makeRecording({ codec: 'h264', ...small }),
  ]);
  running = gateway;
});
afterAll(() => running?.[Symbol.asyncDispose]());

/** Hears server-sent events until they end. */
class Listener {
  readonly heard: { readonly name: string; readonly data: unknown }[] = [];
  ended = false;

  static async open(eventsUrl: string): Promise<Listener> {
    const headers = { 'Content-Type': 'application/json' };
    const body = '["active","inactive","layers","viewercount","reconnect"]';
    const made = await fetch(eventsUrl, { method: 'POST', headers, body });
    expect(made.status).toBe(201);
    const listener = new Listener();
    listener.#read(made.headers.get('Location') ?? '');
    return listener;
  }

  #read(url: string): void {
    const sent = get(url, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) this.#note(event);
      });
      // A node that ends cuts its connections.
      response.on('error', () => undefined).on('close', () => (this.ended = true));
    });
    sent.on('error', () => (this.ended = true));
  }

  #note(event: string): void {
    const name = /^event: (.*)$/m.exec(event)?.[1];
    const data = /^data: (.*)$/m.exec(event)?.[1];
    if (name !== undefined && data !== undefined) this.heard.push({ name, data: JSON.parse(data) });
  }

  /** Waits until an event came that was not waited for before; forgets all up to it. */
  async hears(name: string, like: (data: Record<string, unknown>) => boolean = () => true): Promise<void> {
    await until(
      `${name} is heard`,
      () =>
        this.heard.findIndex((event) => event.name === name && like(event.data as Record<string, unknown>)) >=
        0,
      { timeoutMs: 20_000, everyMs: 50, detail: () => this.heard },
    );
    const at = this.heard.findIndex(
      (event) => event.name === name && like(event.data as Record<string, unknown>),
    );
    this.heard.splice(0, at + 1);
  }
}

it('a viewer hears of the publisher, of layers, of others, and where to go when the node ends', async () => {
  const whipUrl = gateway.url('/whip/live');
  const whepUrl = gateway.url('/whep/live');
  const first = await ObsPublisher.open({ whipUrl, recording });
  await until('the stream is live', async () => (await gateway.stream('live'))?.live, { timeoutMs: 15_000 });
  const viewer = await CountingViewer.open(whepUrl);
  const listener = await Listener.open(`${viewer.session.location}/events`);
  await listener.hears('active');
  await listener.hears('layers', (data) => JSON.stringify(data).includes('"width":320'));

  const other = await CountingViewer.open(whepUrl);
  await listener.hears('viewercount', ({ viewercount }) => viewercount === 2);
  expect(await other.session.end()).toBe(200);
  await listener.hears('viewercount', ({ viewercount }) => viewercount === 1);

  expect(await first.stop()).toBe(200);
  await listener.hears('inactive');
  const second = await ObsPublisher.open({ whipUrl, recording });
  await listener.hears('active');

  running = undefined;
  await gateway[Symbol.asyncDispose]();
  await listener.hears('reconnect', ({ url }) => url === 'https://b.example.org/whep/live');
  await until('the event stream ends', () => listener.ended, { timeoutMs: 5_000 });
  await Promise.allSettled([viewer, second].map((peer) => peer[Symbol.asyncDispose]()));
});
