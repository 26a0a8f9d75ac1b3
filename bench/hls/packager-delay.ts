import { setTimeout as sleep } from 'node:timers/promises';

import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { packetiseNal } from '#test/kit/rtp-packetiser.ts';
import { until } from '#test/kit/wait.ts';

import { readLowLatency } from '../kit/low-latency-reader.ts';

/** Times from the last RTP packet of a part's last picture until a reader has the part's last byte. */
export interface PartDelays {
  readonly delaysMs: readonly number[];
  /** Parts whose last picture was not found among those that were sent. */
  readonly unknown: number;
}

/** The same of readers that get their parts in two ways. */
export interface PackagerDelays {
  /** Asks for the part that is hinted at, before it exists: nothing but the packager's work and one answer. */
  readonly hinted: PartDelays;
  /** Waits for a playlist that lists the part, and then asks for it: one exchange more. */
  readonly viaPlaylist: PartDelays;
}

const settleMs = 4_000;
/** Enough of a slice's last bytes to tell one picture of the recording from another. */
const tailBytes = 48;

/**
 * Publishes a recording of 720p30, reads its video as low-latency players do, first in the one and then in the other way, and
 * times every part.
 */
export async function measurePackagerDelays(
  gatewayOf: Parameters<typeof startGateway>[0],
  measureMs: number,
): Promise<PackagerDelays> {
  const recording = await makeRecording({
    codec: 'h264',
    width: 1280,
    height: 720,
    bitrateBps: 2_500_000,
    seconds: 8,
    keyframeSeconds: 2,
  });
  await using gateway = await startGateway(gatewayOf);
  const sent = new SentPictures(recording);
  await using publisher = await ObsPublisher.open({
    whipUrl: gateway.url('/whip/delay'),
    recording,
    loss: () => sent.packet(performance.now()),
  });
  await until('the playlist is ready', () => isReady(gateway), { timeoutMs: 30_000 });
  await sleep(settleMs);
  const measure = (hinted: boolean): Promise<PartDelays> => timeParts(gateway, sent, { hinted, measureMs });
  const delays = { hinted: await measure(true), viaPlaylist: await measure(false) };
  if (publisher.connection !== 'connected') throw new Error('the publisher fell off');
  return delays;
}

async function timeParts(
  gateway: Gateway,
  sent: SentPictures,
  { hinted, measureMs }: { readonly hinted: boolean; readonly measureMs: number },
): Promise<PartDelays> {
  const delaysMs: number[] = [];
  let unknown = 0;
  const stop = new AbortController();
  const seen = (url: URL, part: Uint8Array): void => {
    if (!/\/v\d/.test(url.pathname)) return;
    const sentMs = sent.lastPictureOf(part, performance.now());
    if (sentMs === undefined) unknown += 1;
    else delaysMs.push(performance.now() - sentMs);
  };
  const reading = readLowLatency(gateway.url('/hls/delay/index.m3u8'), stop.signal, { seen, hinted });
  await sleep(measureMs);
  stop.abort();
  await reading;
  return { delaysMs, unknown };
}

async function isReady(gateway: Gateway): Promise<boolean | undefined> {
  return (await gateway.stream('delay'))?.hls?.ready;
}

/** Knows when each picture of a looped recording left. */
class SentPictures {
  readonly #packetsOf: readonly number[];
  readonly #pictureByTail: ReadonlyMap<string, number>;
  /** When each picture's last packet left; the latest round of the loop counts. */
  readonly #sentMs: number[] = [];
  #picture = 0;
  #packet = 0;

  constructor({ pictures }: Recording) {
    this.#packetsOf = pictures.map((nals) => nals.flatMap((nal) => packetiseNal(nal, 'h264')).length);
    this.#pictureByTail = new Map(pictures.map((nals, index) => [tailOf(lastSlice(nals)), index]));
  }

  /** Notes a packet of the video; never loses it. */
  packet(nowMs: number): false {
    this.#packet += 1;
    if (this.#packet === this.#packetsOf[this.#picture]) {
      this.#sentMs[this.#picture] = nowMs;
      this.#picture = (this.#picture + 1) % this.#packetsOf.length;
      this.#packet = 0;
    }
    return false;
  }

  /** When the picture left that ends this part. */
  lastPictureOf(part: Uint8Array, nowMs: number): number | undefined {
    const picture = this.#pictureByTail.get(tailOf(part));
    const sentMs = picture === undefined ? undefined : this.#sentMs[picture];
    return sentMs !== undefined && sentMs <= nowMs ? sentMs : undefined;
  }
}

/** Filler data may follow it, and does not reach players. */
function lastSlice(nals: readonly Buffer[]): Buffer {
  const slice = nals.findLast((nal) => [1, 5].includes((nal[0] ?? 0) & 0x1f));
  if (slice === undefined) throw new Error('a picture without a slice');
  return slice;
}

function tailOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(-tailBytes)).toString('hex');
}
