import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hlsConfig } from '#src/hls/config.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { checkIFramePlaylist } from '#test/kit/hls-i-frame-rules.ts';
import { checkManifest, readMultivariant } from '#test/kit/hls-multivariant-rules.ts';
import { readMediaPlaylist } from '#test/kit/hls-reader.ts';
import { checkPlaylist, type Check } from '#test/kit/hls-rules.ts';
import { EpochFeed } from '#test/kit/hls-source.ts';
import { openHlsRig, quickHls, type HlsRig } from '#test/kit/hls-rig.ts';
import { inPlaylists, walkWith, type Fault } from '#test/kit/hls-spoil.ts';

const { steering } = hlsConfig.parse({
  steering: {
    pathways: [
      { id: 'near', baseUrl: '' },
      { id: 'far', baseUrl: 'https://far.example' },
    ],
  },
});

/** Keeps a stream going until it is called off. */
function run(feed: EpochFeed, fromMs: number): () => void {
  let untilMs = fromMs;
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    untilMs += 40;
    void feed.advanceTo(untilMs).finally(() => (busy = false));
  }, 10);
  return () => clearInterval(timer);
}

type Rows = readonly (readonly [rule: string, fault: Fault])[];

/** The walk complains about this. */
async function finds(rig: HlsRig, rule: string, fault: Fault): Promise<void> {
  const { problems } = await walkWith(rig.base, fault, { parts: 1 });
  expect(problems.map((problem) => problem.rule)).toContain(rule);
}

/** Without a fault it complains about nothing but compression. */
async function findsNothing(rig: HlsRig): Promise<void> {
  const { problems } = await walkWith(rig.base, () => undefined);
  expect(problems.filter(({ rule }) => rule !== 'playlists are compressed')).toEqual([]);
}

describe('in a stream with pathways, pictures for seeking and a place to begin', () => {
  let rig: HlsRig;
  let stop: () => void;
  const texts = { multivariant: '', pictures: '', video: '', manifest: '' };
  beforeAll(async () => {
    rig = await openHlsRig({ ...quickHls, steering, startBehindMs: 5_000 });
    const feed = new EpochFeed(1, ['video', 'audio'], { gopFrames: 15 });
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(19_000);
    const get = async (path: string): Promise<string> =>
      (await exchange(new URL(path, rig.url).href)).body.toString();
    texts.multivariant = await get('index.m3u8');
    const folder = /^[\w-]{8}\/(?=v0)/m.exec(texts.multivariant)?.[0] ?? '';
    texts.video = await get(`${folder}v0.m3u8`);
    texts.pictures = await get(`${folder}v0i.m3u8`);
    texts.manifest = await get('steering.json');
    stop = run(feed, 19_000);
  });
  afterAll(async () => {
    stop();
    await rig[Symbol.asyncDispose]();
  });

  /** What the rules for these texts say of them. */
  const judges: Readonly<Record<keyof typeof texts, (text: string, check: Check) => void>> = {
    multivariant: readMultivariant,
    pictures: (text, check) => checkIFramePlaylist(readMediaPlaylist(text), check),
    video: (text, check) => checkPlaylist(readMediaPlaylist(text), check),
    manifest: (text, check) => checkManifest(text, ['near', 'far'], check),
  };
  const broken = (kind: keyof typeof texts, change: (text: string) => string): readonly string[] => {
    const rules: string[] = [];
    judges[kind](change(texts[kind]), (rule, holds) => {
      if (!holds) rules.push(rule);
    });
    return rules;
  };

  test.each<readonly [keyof typeof texts, string, RegExp, string]>([
    ['multivariant', 'there are variants', /#EXT-X-STREAM-INF.*\n.*\n/g, ''],
    ['multivariant', 'groups that variants name are there', /GROUP-ID="audio-near"/, 'GROUP-ID="music"'],
    ['multivariant', 'groups belong to one pathway', /audio-far/g, 'audio-near'],
    ['multivariant', 'steering stands there once at most', /(#EXT-X-CONTENT.*\n)/, '$1$1'],
    ['multivariant', 'steering begins on a pathway that is there', /(STEERING.*)"near"/, '$1"gone"'],
    ['multivariant', 'steering has a manifest', /SERVER-URI="[^"]*"/, 'SERVER-URI=""'],
    ['multivariant', 'every pathway has the same variants', /v0-a0(",PATHWAY-ID="far)/, 'v9$1'],
    [
      'multivariant',
      'every variant has a URI of its own on each pathway',
      /audio-far(",STABLE.*\n)https.*live\//,
      'audio-near$1',
    ],
    ['multivariant', 'audio tells its channels', /,CHANNELS="2"/, ''],
    ['multivariant', 'pictures for seeking say what they need', /(I-FRAME.*),RESOLUTION=\w+/, '$1'],
    [
      'multivariant',
      'pictures for seeking say nothing of sound and rate',
      /(#EXT-X-I-FRAME-STREAM-INF:)/,
      '$1FRAME-RATE=30.000,',
    ],
    ['manifest', 'the steering manifest is version 1', /"VERSION":1/, '"VERSION":2'],
    ['manifest', 'the steering manifest has a time to live', /"TTL":\d+/, '"TTL":0'],
    ['manifest', 'the steering manifest ranks pathways that are there', /"near"/, '"gone"'],
    ['manifest', 'the steering manifest ranks pathways that are there', /"near"/, '"far"'],
    ['pictures', 'playlists of pictures say so', /#EXT-X-I-FRAMES-ONLY\n/, ''],
    ['pictures', 'playlists of pictures have no parts', /(#EXTINF)/, '#EXT-X-PART-INF:PART-TARGET=0.2\n$1'],
    ['pictures', 'playlists of pictures list no parts', /(#EXTINF)/, '#EXT-X-PART:DURATION=0.2,URI="x"\n$1'],
    ['pictures', 'playlists of pictures are version 5 or later', /VERSION:9/, 'VERSION:4'],
    ['pictures', 'every line about pictures is understood', /#EXT-X-VERSION/, '#EXT-X-MISPRINT'],
    ['pictures', 'pictures are ranges of bytes', /#EXT-X-BYTERANGE.*\n/, ''],
    ['pictures', 'pictures have a wall clock time', /#EXT-X-PROGRAM-DATE-TIME.*\n/, ''],
    ['pictures', 'pictures have an init segment', /#EXT-X-MAP.*\n/, ''],
    ['pictures', 'pictures fit the target duration', /#EXTINF:[\d.]+/, '#EXTINF:1.6'],
    ['video', 'new players begin far enough from the end', /TIME-OFFSET=-5/, 'TIME-OFFSET=-0.1'],
  ])('a rule for the %s finds: %s', (kind, rule, pattern, replacement) => {
    expect(broken(kind, (text) => text.replace(pattern, replacement))).toContain(rule);
    expect(broken(kind, (text) => text)).toEqual([]);
  });

  describe.concurrent('the walker finds', () => {
    const answers =
      (path: string, spoil: Fault): Fault =>
      (reply) => {
        if (reply.path.includes(path)) spoil(reply);
      };
    const rows: Rows = [
      ['the steering manifest is there', answers('.json', (reply) => (reply.status = 404))],
      [
        'the steering manifest is JSON',
        answers('.json', (reply) => (reply.headers['content-type'] = 'text/html')),
      ],
      [
        'the steering manifest is cached briefly',
        answers('.json', (reply) => (reply.headers['cache-control'] = 'max-age=600')),
      ],
      ['playlists of pictures are there', answers('v0i', (reply) => (reply.status = 503))],
      ['a range holds exactly one keyframe', inPlaylists(/BYTERANGE:\d+/g, 'BYTERANGE:300', /v0i/)],
      ['ranges are answered', answers('_s', (reply) => (reply.status = 200))],
      [
        'ranges are of their file',
        answers('_s', (reply) => (reply.text = reply.status === 206 ? 'x' : reply.text)),
      ],
      [
        'ranges are cached as their file is',
        answers('_s', (reply) => {
          if (reply.status === 206) reply.headers['cache-control'] = 'no-store';
        }),
      ],
      [
        'playlists of pictures wait for the segment',
        inPlaylists(/(\.m4s\n)[^]*(?=#EXT-X-RENDITION)/, '$1', /v0i.*_HLS_msn/),
      ],
      ['every playlist says where to begin', inPlaylists(/#EXT-X-START.*\n/, '')],
      ['every other rendition is reported', inPlaylists(/#EXT-X-RENDITION-REPORT:URI="v0i.*\n/, '')],
    ];
    test.each(rows)('%s', (rule, fault) => finds(rig, rule, fault));
    test('nothing where there is no fault', () => findsNothing(rig));
  });
});

describe.concurrent('in a stream that lost its sound, the walker finds', () => {
  let rig: HlsRig;
  let stop: () => void;
  beforeAll(async () => {
    rig = await openHlsRig(quickHls);
    const whole = new EpochFeed(1, ['video', 'audio'], { gopFrames: 15 });
    rig.packager.accept(whole.epoch);
    await whole.advanceTo(14_000);
    const silent = new EpochFeed(2, ['video'], { gopFrames: 15 });
    rig.packager.accept(silent.epoch);
    await silent.advanceTo(14_000);
    stop = run(silent, 14_000);
  });
  afterAll(async () => {
    stop();
    await rig[Symbol.asyncDispose]();
  });

  const rows: Rows = [
    ['gaps cannot be fetched', (reply) => (reply.status = reply.path.includes('_g') ? 200 : reply.status)],
    [
      'gaps list no parts that could be had',
      inPlaylists(/(#EXT-X-GAP\n)/, '$1#EXT-X-PART:DURATION=0.2,URI="x",INDEPENDENT=YES\n'),
    ],
    ['listed segments do not change', inPlaylists(/#EXT-X-GAP\n/g, '', /_HLS_msn/)],
  ];
  test.each(rows)('%s', (rule, fault) => finds(rig, rule, fault));
  test('nothing where there is no fault', () => findsNothing(rig));
});

describe.concurrent('in a stream that has ended, the walker finds', () => {
  let rig: HlsRig;
  beforeAll(async () => {
    rig = await openHlsRig(quickHls);
    const feed = new EpochFeed(1, ['video', 'audio'], { gopFrames: 15 });
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(14_000);
    rig.packager.finish();
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  const rows: Rows = [
    [
      'one preload hint, none after the end',
      inPlaylists(/(#EXT-X-ENDLIST)/, '$1\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="x"'),
    ],
    ['nothing is open after the end', inPlaylists(/#EXTINF.*\n.*\n#EXT-X-ENDLIST/, '#EXT-X-ENDLIST')],
    [
      'directives are ignored after the end',
      (reply) => (reply.status = reply.path.includes('_HLS_msn') ? 400 : reply.status),
    ],
  ];
  test.each(rows)('%s', (rule, fault) => finds(rig, rule, fault));
  test('nothing where there is no fault', () => findsNothing(rig));
});
