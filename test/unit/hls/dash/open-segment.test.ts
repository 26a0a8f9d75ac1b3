import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StreamPackager } from '#src/hls/packager.ts';
import type { Rendition } from '#src/hls/rendition.ts';
import { nothing, promiseOf, sendGrowing } from '#src/hls/dash/open-segment.ts';
import { Packagers, renditionOf } from '#test/kit/hls-packager.ts';
import { EpochFeed, settled } from '#test/kit/hls-source.ts';

const packagers = new Packagers();
let packager: StreamPackager;
let feed: EpochFeed;
let rendition: Rendition;

beforeEach(async () => {
  packager = packagers.open({ segmentTargetMs: 2_000, partTargetMs: 250, measureMs: 300 });
  feed = new EpochFeed(1);
  packager.accept(feed.epoch);
  await feed.advanceTo(15_000);
  rendition = renditionOf(packager, 'v0');
});
afterEach(() => packagers[Symbol.asyncDispose]());

/** Hears an answer. */
class Body {
  readonly chunks: Uint8Array[] = [];
  state: 'open' | 'ended' | 'broken' = 'open';
  write(bytes: Uint8Array): void {
    this.chunks.push(bytes);
  }
  end(): void {
    this.state = 'ended';
  }
  break(): void {
    this.state = 'broken';
  }
  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

function ask(name: string, limitMs = 5_000, signal = new AbortController().signal): [Body, Promise<void>] {
  const body = new Body();
  return [body, sendGrowing(rendition, name, { body, patience: { limitMs, signal } })];
}

const bytesOf = (name: string): Buffer =>
  Buffer.concat((rendition.window.segment(name)?.parts ?? []).map(({ bytes }) => bytes));

describe('what a name stands for', () => {
  test('complete segments and names of nobody are promised by nobody', () => {
    expect(promiseOf(rendition, 'v0_e1_s1.m4s')).toBeUndefined();
    expect(promiseOf(rendition, 'v0_e1_s5.m4s')).toBeUndefined();
    expect(promiseOf(rendition, 'v0_e2_s3.m4s')).toBeUndefined();
    expect(promiseOf(rendition, 'v0_e1_p1.m4s')).toBeUndefined();
  });

  test('the open one and the next are', () => {
    expect(promiseOf(rendition, 'v0_e1_s3.m4s')).toBe('open');
    expect(promiseOf(rendition, 'v0_e1_s4.m4s')).toBe('next');
  });
});

describe('a segment that grows', () => {
  test('is sent part by part, and in the end is the segment that HLS players get', async () => {
    const [body, sent] = ask('v0_e1_s3.m4s');
    const had = body.chunks.length;
    expect(had).toBeGreaterThan(1);
    await feed.advanceTo(15_700);
    expect(body.chunks.length).toBeGreaterThan(had);
    expect(body.state).toBe('open');
    await feed.advanceTo(16_500);
    await sent;
    expect(body.state).toBe('ended');
    expect(body.bytes.equals(bytesOf('v0_e1_s3.m4s'))).toBe(true);
  });

  test('the next one is waited for from before its first part', async () => {
    const [body, sent] = ask('v0_e1_s4.m4s');
    await settled();
    expect(body.chunks).toEqual([]);
    await feed.advanceTo(18_500);
    await sent;
    expect(body.bytes.equals(bytesOf('v0_e1_s4.m4s'))).toBe(true);
  });

  test('breaks off when nothing comes any more: half a segment must not pass for one', async () => {
    const [body, sent] = ask('v0_e1_s3.m4s', 30);
    await sent;
    expect(body.state).toBe('broken');
  });

  test('breaks off when the client leaves', async () => {
    const leaving = new AbortController();
    const [body, sent] = ask('v0_e1_s3.m4s', 60_000, leaving.signal);
    leaving.abort();
    await sent;
    expect(body.state).toBe('broken');
    expect(rendition.waiters.count).toBe(0);
  });

  test('a next one that does not come in time is refused', async () => {
    const [, sent] = ask('v0_e1_s4.m4s', 30);
    await expect(sent).rejects.toMatchObject({ code: 'hls-blocked-too-long' });
  });
});

describe('a promise that could not be kept', () => {
  test('is answered with nothing when the run ends there, and for all who ask later', async () => {
    const [body, sent] = ask('v0_e1_s4.m4s');
    feed.end();
    await settled();
    const second = new EpochFeed(2);
    packager.accept(second.epoch);
    await second.advanceTo(11_000);
    await sent;
    expect(body.bytes.equals(nothing)).toBe(true);
    expect(promiseOf(rendition, 'v0_e1_s4.m4s')).toBe('broken');
    const [late, lateSent] = ask('v0_e1_s4.m4s');
    await lateSent;
    expect(late.bytes.equals(nothing)).toBe(true);
    expect(promiseOf(rendition, 'v0_e2_s4.m4s')).toBe('open');
  });

  test('the same at the end of the stream', async () => {
    const [body, sent] = ask('v0_e1_s4.m4s');
    packager.finish();
    await sent;
    expect(body.bytes.equals(nothing)).toBe(true);
  });

  test('nobody else gets anything', async () => {
    const [, sent] = ask('v0_e1_s99.m4s');
    await expect(sent).rejects.toMatchObject({ code: 'hls-no-such-file' });
  });
});
