import { setTimeout as sleep } from 'node:timers/promises';

import { randomIceChars, randomUint32 } from '#src/core/random.ts';
import { type OpenedSession, openSession } from '#test/kit/http-session.ts';
import { until } from '#test/kit/wait.ts';

import {
  type GroupCounts,
  type LoadAddon,
  openLoadAddon,
  type PublisherCounts,
  transportState,
  type ViewerTimes,
} from './load-addon.ts';
import type { LoopedStream } from './looped-stream.ts';
import {
  answeredExtension,
  answeredSsrcs,
  payloadTypes,
  publisherOffer,
  readAnswer,
  viewerOffer,
} from './sdp.ts';

/** A viewer that has its answer; its transport goes on by itself. */
export interface LoadViewer {
  readonly id: number;
  readonly session: OpenedSession;
  /** When its POST began, in milliseconds since 1970. */
  readonly askedMs: number;
}

/** How a viewer behaves. */
export interface ViewerBehaviour {
  /** 0 or 1: groups are counted apart. */
  readonly group: 0 | 1;
  /** Packets in a million that it pretends not to have got, so that it asks for them again. */
  readonly pretendLossPpm: number;
  /** UDP port on the way to the gateway, when it is not the answer's. */
  readonly port?: number;
}

/** One bare send: what the kernel alone costs. */
export interface BareResult {
  readonly usPerPacket: number;
  readonly receivedShare: number;
  /** As of {@link GroupCounts}, from the time that each datagram was due. */
  readonly delays: Float64Array;
}

const connectTimeoutMs = 20_000;

/**
 * WebRTC clients in C++ on threads of their own: real WHIP and WHEP, ICE checks, DTLS by OpenSSL, every SRTP tag checked,
 * every sequence number accounted for, and the feedback of a browser.
 */
export class LoadClients implements Disposable {
  readonly #addon: LoadAddon;
  readonly #fingerprint: string;

  private constructor(addon: LoadAddon) {
    this.#addon = addon;
    this.#fingerprint = addon.open();
  }

  /** Compiles the clients where needed and starts their thread. */
  static async open(): Promise<LoadClients> {
    return new LoadClients(await openLoadAddon());
  }

  /** Publishes and resolves when media flows out. */
  async publish(whipUrl: string, stream: LoopedStream): Promise<OpenedSession> {
    const ufrag = randomIceChars(8);
    const sources = { audioSsrc: randomUint32(), videoSsrc: randomUint32() };
    const facts = { ufrag, fingerprint: this.#fingerprint };
    const session = await openSession(whipUrl, publisherOffer(facts, sources));
    const { answer } = session;
    this.#addon.publish({
      ...readAnswer(answer),
      ...sources,
      localUfrag: ufrag,
      audioPayloadType: payloadTypes.opus,
      videoPayloadType: payloadTypes.h264,
      midExtension: answeredExtension(answer, 'mid'),
      sendTimeExtension: answeredExtension(answer, 'sendTime'),
      transportExtension: answeredExtension(answer, 'transport'),
      loopUs: stream.loopUs,
      schedule: stream.schedule,
      media: stream.media,
    });
    await until('the publisher is connected', () => this.publisher().state === transportState.secure, {
      timeoutMs: connectTimeoutMs,
      everyMs: 20,
      detail: () => this.publisher(),
    });
    return session;
  }

  publisher(): PublisherCounts {
    return this.#addon.publisher();
  }

  pausePublisher(paused: boolean): void {
    this.#addon.pausePublisher({ paused: paused ? 1 : 0 });
  }

  /** Asks for a stream; the transport connects on the clients' thread. */
  async addViewer(whepUrl: string, behaviour: ViewerBehaviour): Promise<LoadViewer> {
    const askedMs = performance.timeOrigin + performance.now();
    const ufrag = randomIceChars(8);
    const session = await openSession(whepUrl, viewerOffer({ ufrag, fingerprint: this.#fingerprint }));
    const { answer } = session;
    const [videoSsrc, videoRtxSsrc] = answeredSsrcs(answer, 'video');
    const [audioSsrc] = answeredSsrcs(answer, 'audio');
    const id = this.#addon.addViewer({
      ...readAnswer(answer),
      ...behaviour,
      videoSsrc,
      videoRtxSsrc,
      audioSsrc,
      localUfrag: ufrag,
      transportExtension: answeredExtension(answer, 'transport'),
    });
    return { id, session, askedMs };
  }

  /** Leaves the way a closed page does: a DTLS goodbye, no DELETE. */
  removeViewer({ id }: LoadViewer): void {
    this.#addon.removeViewer({ id });
  }

  times({ id }: LoadViewer): ViewerTimes {
    return this.#addon.viewer({ id });
  }

  group(group: 0 | 1): GroupCounts {
    return this.#addon.group({ group });
  }

  /** Sends the stream's sizes at the stream's times to as many sockets, with nothing but sendmmsg. */
  async bareSend(
    stream: LoopedStream,
    options: { readonly receivers: number; readonly durationMs: number; readonly overheadBytes: number },
  ): Promise<BareResult> {
    const { receivers, durationMs, overheadBytes } = options;
    const rows: number[] = [];
    for (let at = 0; at < stream.schedule.length; at += 6)
      rows.push(stream.schedule[at]!, stream.schedule[at + 5]! + overheadBytes);
    const schedule = Uint32Array.from(rows);
    this.#addon.startBare({ receivers, durationMs, loopUs: stream.loopUs, schedule });
    const deadlineMs = performance.now() + durationMs + connectTimeoutMs;
    for (;;) {
      const { done, cpuNs, packets, received, delays } = this.#addon.bare();
      if (done === 1 && delays !== undefined)
        return { usPerPacket: cpuNs / packets / 1000, receivedShare: received / packets, delays };
      if (performance.now() > deadlineMs) throw new Error('the bare send does not end');
      await sleep(50);
    }
  }

  [Symbol.dispose](): void {
    this.#addon.close();
  }
}

/** Milliseconds that `share` of the delays counted between two looks are not above. */
export function delayPercentileMs(before: Float64Array, after: Float64Array, share: number): number {
  const counts = after.map((count, bucket) => count - (before[bucket] ?? 0));
  const all = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (const [bucket, count] of counts.entries()) {
    below += count;
    if (count > 0 && below >= all * share)
      return bucket < 4_000 ? (bucket + 1) * 0.025 : bucket - 3_999 + 100;
  }
  return 0;
}
