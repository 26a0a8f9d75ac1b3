import { connect, type Socket } from 'node:net';

import { offerText } from '#test/unit/rtc/kit/offers.ts';

import type { FloodCounts, FloodOptions } from './flood.ts';

/** A program: posts offers at a steady rate from many addresses of this machine, and prints what came of them as JSON. */
const options = JSON.parse(process.argv[2] ?? '') as FloodOptions;
const { port, stream, token, perSecond, seconds, addresses } = options;
const socketsPerAddress = Math.ceil(64 / addresses);
const tickMs = 10;
const answerPatienceMs = 20_000;
const counts: { sent: number; cut: number; statuses: Record<string, number> } = {
  sent: 0,
  cut: 0,
  statuses: {},
};

const viewer = offerText('chromium-view');
const publisher = offerText('obs-publish');
const broken = viewer.replaceAll('a=fingerprint', 'a=finger');
/** Good and bad offers, with the key, with a wrong one and without. */
const kinds: readonly ((number: number) => Buffer)[] = [
  () => post(`/whep/${stream}`, viewer, token),
  () => post(`/whep/${stream}`, viewer, token),
  () => post(`/whep/${stream}`, viewer),
  () => post(`/whep/${stream}`, viewer, 'wrong'),
  () => post(`/whep/${stream}`, broken, token),
  () => post(`/whep/${stream}`, broken),
  (number) => post(`/whip/flood-${number % 40}`, publisher, token),
  (number) => post(`/whip/flood-${number % 40}`, publisher),
];

function post(path: string, body: string, bearer?: string): Buffer {
  const authorization = bearer === undefined ? '' : `Authorization: Bearer ${bearer}\r\n`;
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\n${authorization}`;
  return Buffer.from(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** A connection that sends without waiting for answers, and opens again when it is cut. */
class Pipeline {
  readonly #localAddress: string;
  #socket: Socket;
  #open = 0;
  #tail = '';

  constructor(localAddress: string) {
    this.#localAddress = localAddress;
    this.#socket = this.#connect();
  }

  get open(): number {
    return this.#open;
  }

  send(request: Buffer): void {
    this.#open++;
    counts.sent++;
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.destroy();
  }

  #connect(): Socket {
    const socket = connect({ port, host: '127.0.0.1', localAddress: this.#localAddress });
    socket.on('error', () => undefined); // counted when it closes
    socket.on('data', (bytes) => this.#read(bytes.toString('latin1')));
    socket.on('close', () => {
      counts.cut += this.#open;
      this.#open = 0;
      this.#tail = '';
      if (!finished) this.#socket = this.#connect();
    });
    return socket;
  }

  /** Status lines are all that is read; one may be cut in two. */
  #read(text: string): void {
    const seen = this.#tail + text;
    let end = 0;
    for (const match of seen.matchAll(/HTTP\/1\.1 (\d{3})/g)) {
      const [whole, status = ''] = match;
      counts.statuses[status] = (counts.statuses[status] ?? 0) + 1;
      this.#open--;
      end = match.index + whole.length;
    }
    this.#tail = seen.slice(Math.max(end, seen.length - 11));
  }
}

let finished = false;
const pipelines = Array.from(
  { length: addresses * socketsPerAddress },
  (_, index) => new Pipeline(`127.0.1.${(index % addresses) + 1}`),
);
const startedMs = performance.now();
const timer = setInterval(() => {
  const elapsedMs = Math.min(performance.now() - startedMs, seconds * 1000);
  while (counts.sent < (elapsedMs * perSecond) / 1000) {
    const number = counts.sent;
    // Every address gets to send every kind.
    const kind = kinds[Math.floor(number / pipelines.length + number) % kinds.length];
    pipelines[number % pipelines.length]?.send(kind?.(number) ?? Buffer.alloc(0));
  }
  if (elapsedMs < seconds * 1000) return;
  clearInterval(timer);
  const waitedFromMs = performance.now();
  const waiting = setInterval(() => {
    const unanswered = pipelines.reduce((sum, { open }) => sum + open, 0);
    if (unanswered > 0 && performance.now() - waitedFromMs < answerPatienceMs) return;
    clearInterval(waiting);
    finished = true;
    const result: FloodCounts = { ...counts, unanswered };
    process.stdout.write(JSON.stringify(result));
    for (const pipeline of pipelines) pipeline.close();
  }, 100);
}, tickMs);
