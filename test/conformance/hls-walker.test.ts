import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EpochFeed } from '#test/kit/hls-source.ts';
import { openHlsRig, quickHls, type HlsRig } from '#test/kit/hls-rig.ts';
import { inPlaylists, walkWith, type Fault } from '#test/kit/hls-spoil.ts';
import { walkLiveStream } from '#test/kit/hls-walker.ts';

let rig: HlsRig;
let timer: NodeJS.Timeout;

beforeAll(async () => {
  rig = await openHlsRig(quickHls);
  const feed = new EpochFeed(1, ['video', 'audio'], { gopFrames: 15 });
  rig.packager.accept(feed.epoch);
  await feed.advanceTo(19_000);
  let untilMs = 19_000;
  let busy = false;
  timer = setInterval(() => {
    if (busy) return;
    busy = true;
    untilMs += 40;
    void feed.advanceTo(untilMs).finally(() => (busy = false));
  }, 10);
});
afterAll(async () => {
  clearInterval(timer);
  await rig[Symbol.asyncDispose]();
});

const without =
  (name: string): Fault =>
  (reply) => {
    reply.headers = Object.fromEntries(Object.entries(reply.headers).filter(([key]) => key !== name));
  };

let calls = 0;
/** A different value in every answer. */
const changing =
  (pattern: RegExp, make: (call: number) => string): Fault =>
  (reply) => {
    calls += 1;
    inPlaylists(pattern, make(calls))(reply);
  };

describe.concurrent('the walker finds', () => {
  test.each<readonly [rule: string, fault: Fault]>([
    ['part target is there', inPlaylists(/#EXT-X-PART-INF.*\n/, '')],
    ['parts fit the part target', inPlaylists(/(#EXT-X-PART:DURATION=)[\d.]+/g, '$10.90000')],
    [
      'parts fill 85 % of the part target',
      inPlaylists(/(#EXT-X-PART:DURATION=)[\d.]+(,URI="[^"]*")\n/g, '$10.10000$2\n'),
    ],
    ['segments fit the target duration', inPlaylists(/#EXTINF:[\d.]+/g, '#EXTINF:1.60000')],
    ['segments have a wall clock time', inPlaylists(/#EXT-X-PROGRAM-DATE-TIME.*\n/, '')],
    ['segments have an init segment', inPlaylists(/#EXT-X-MAP.*\n/, '')],
    ['one preload hint, none after the end', inPlaylists(/#EXT-X-PRELOAD-HINT.*\n/, '')],
    [
      'the hinted part can be fetched',
      inPlaylists(/(#EXT-X-PRELOAD-HINT:TYPE=PART,URI=").*"/, '$1v0_e1_p99999.m4s"'),
    ],
    ['blocking reload is offered', inPlaylists(/CAN-BLOCK-RELOAD=YES,/, '')],
    ['part hold back of three parts', inPlaylists(/PART-HOLD-BACK=[\d.]+/, 'PART-HOLD-BACK=0.40000')],
    ['hold back of three target durations', inPlaylists(/,HOLD-BACK=[\d.]+/, ',HOLD-BACK=2.00000')],
    ['skip boundary of six target durations', inPlaylists(/CAN-SKIP-UNTIL=[\d.]+/, 'CAN-SKIP-UNTIL=5.00000')],
    ['INDEPENDENT is true', inPlaylists(/,INDEPENDENT=YES/g, '')],
    ['independent segments are', inPlaylists(/,INDEPENDENT=YES/g, '')],
    ['every other rendition is reported', inPlaylists(/#EXT-X-RENDITION-REPORT.*\n/g, '')],
    ['names are used once', inPlaylists(/_s\d+\.m4s/g, '_s1.m4s')],
    ['every line is understood', inPlaylists(/#EXT-X-VERSION/, '#EXT-X-MISPRINT')],
    ['version', inPlaylists(/#EXT-X-VERSION:9/, '#EXT-X-VERSION:4')],
    [
      'durations and server control stay',
      changing(/PART-TARGET=[\d.]+/, (call) => `PART-TARGET=0.2${1700 + (call % 90)}`),
    ],
    [
      'media sequence never falls',
      (reply) => {
        if (reply.path.includes('_HLS_msn'))
          reply.text = reply.text.replace(/MEDIA-SEQUENCE:.*/, 'MEDIA-SEQUENCE:1');
      },
    ],
    ['listed segments do not change', changing(/(DATE-TIME:)\d{4}/g, (call) => `$1${2000 + (call % 20)}`)],
    [
      'discontinuity sequence counts what was removed',
      changing(/DISCONTINUITY-SEQUENCE:\d+/, (call) => `DISCONTINUITY-SEQUENCE:${call}`),
    ],
    [
      'complete segments stay as they are',
      changing(/(#EXTINF:0\.\d{3})\d+/g, (call) => `$1${10 + (call % 90)}`),
    ],
    ['playlists are compressed', () => undefined],
    ['caches are told about compression', without('vary')],
    ['everybody may read', without('access-control-allow-origin')],
    ['playlists have their media type', (reply) => void (reply.headers['content-type'] = 'text/plain')],
    ['blocked answers may be cached', (reply) => void (reply.headers['cache-control'] = 'no-cache')],
    [
      'unblocked answers are cached for a second at most',
      (reply) => void (reply.headers['cache-control'] = 'max-age=60'),
    ],
    ['age is left to caches', (reply) => void (reply.headers['age'] = '3')],
    ['refusals have their status', (reply) => void (reply.status = Math.min(reply.status, 300))],
    [
      'a segment is the sum of its parts',
      (reply) => {
        if (/_s\d+\.m4s/.test(reply.path)) reply.text += 'x';
      },
    ],
    ['parts last as long as listed', inPlaylists(/(#EXT-X-PART:DURATION=)[\d.]+/g, '$10.19000')],
    ['variants say what they need', (reply) => void (reply.text = reply.text.replace(/,CODECS="[^"]*"/, ''))],
    [
      'renditions agree on the wall clock',
      (reply) => {
        if (reply.path.includes('a0.m3u8'))
          reply.text = reply.text.replaceAll(/(DATE-TIME:)\d{4}/g, '$12001');
      },
    ],
  ])(
    '%s',
    async (rule, fault) => {
      const { problems } = await walkWith(rig.base, fault);
      expect(problems.map((problem) => problem.rule)).toContain(rule);
    },
    20_000,
  );

  test('an answer to a blocking reload that brings no new part', async () => {
    const { problems } = await walkWith(
      rig.base,
      inPlaylists(/(#EXT-X-PART:.*\n)(?=#EXT-X-PRELOAD-HINT)/, ''),
    );
    expect(problems.map((problem) => problem.rule)).toContain('a blocking reload brings what it asked for');
  });

  test('a stream that is not there', async () => {
    const { problems } = await walkLiveStream(`${rig.base}/hls/nobody/index.m3u8`, { parts: 1 });
    expect(problems.map((problem) => problem.rule)).toContain('the multivariant playlist is there');
  });
});

test('through the same proxy, without a fault, it complains about nothing but compression', async () => {
  const { problems, parts } = await walkWith(rig.base, () => undefined);
  expect(problems.filter(({ rule }) => rule !== 'playlists are compressed')).toEqual([]);
  expect(parts).toBeGreaterThanOrEqual(6);
});
