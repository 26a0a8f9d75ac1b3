import { beforeAll, expect, test } from 'vitest';
import type { RungReport } from '#src/core/plane-report.ts';
import { audio, browserAgent, loud, payloadsOf, Practice, video } from './practice.ts';
import { makeRecordings } from './recordings.ts';

let pictures: ReturnType<typeof payloadsOf>;
beforeAll(async () => {
  pictures = payloadsOf((await makeRecordings()).plain);
});

const silence = Uint8Array.of(0xfc, 0xff, 0xfe);
const monoLoud = Uint8Array.from(loud, (byte, index) => (index === 0 ? 0xf8 : byte));

const constantRateSilence = Uint8Array.from({ length: 240 }, (_, index) => silence[index] ?? 0);

test.each([
  ['as short as it gets', silence],
  ['at a constant bitrate', constantRateSilence],
])('silence for more than 20 s, %s', (_, silent) => {
  const practice = new Practice();
  practice.play({ seconds: 5, pictures, sound: loud });
  practice.play({ seconds: 18, pictures, sound: silent });
  expect(practice.codes).toEqual([]);
  practice.play({ seconds: 8, pictures, sound: silent });
  expect(practice.codes).toEqual(['audio-silent']);
  practice.play({ seconds: 5, pictures, sound: loud });
  expect(practice.codes).toEqual([]);
});

test('stereo announced and mono sent, and the other way round', () => {
  const mono = new Practice();
  mono.play({ seconds: 15, pictures, sound: monoLoud });
  expect(mono.find('audio-channels')?.evidence).toEqual({ sent: 1, announced: 2 });
  const stereo = new Practice({ tracks: [video(), audio('minptime=10;useinbandfec=1')] });
  stereo.play({ seconds: 15, pictures, sound: loud });
  expect(stereo.find('audio-channels')?.evidence).toEqual({ sent: 2, announced: 1 });
});

test('tracks that were not announced, and those that do not arrive', () => {
  const silent = new Practice({ tracks: [video()] });
  expect([...silent.play({ seconds: 5, pictures })]).toEqual(['no-audio']);
  const blind = new Practice({ tracks: [audio()] });
  expect([...blind.play({ seconds: 5, sound: loud })]).toEqual(['no-video']);
  const half = new Practice();
  half.play({ seconds: 8, sound: loud });
  expect(half.codes).toEqual(['video-stopped']);
  half.play({ seconds: 8, pictures, sound: loud });
  expect(half.codes).toEqual([]);
  half.play({ seconds: 8, pictures });
  expect(half.codes).toEqual(['audio-stopped']);
});

test('a publisher that is not connected yet has stopped nothing', () => {
  expect([...new Practice().play({ seconds: 20 })]).toEqual([]);
});

test('a clock that drifts by two thousandths is found within two minutes, in OBS words', () => {
  const practice = new Practice();
  const delayMs = (_: string, mediaMs: number): number => 20 + mediaMs * 0.002 + ((mediaMs * 7) % 9);
  practice.play({ seconds: 100, pictures, sound: loud, delayMs });
  const finding = practice.find('clock-drift');
  expect(Number(finding?.evidence['driftPpm'])).toBeGreaterThan(1_500);
  expect(Number(finding?.evidence['driftPpm'])).toBeLessThan(2_500);
  expect(finding?.advice).toContain('Sample Rate');
});

test('another route that is longer by 100 ms is no drift', () => {
  const practice = new Practice();
  const seen = practice.play({
    seconds: 150,
    pictures,
    sound: loud,
    delayMs: (_, mediaMs) => (mediaMs > 40_000 ? 120 : 20),
  });
  expect([...seen]).toEqual([]);
});

test('picture and sound apart by the sender reports', () => {
  const practice = new Practice();
  const ntpMs = (kind: string, mediaMs: number): number => 5e12 + mediaMs - (kind === 'video' ? 450 : 0);
  practice.play({ seconds: 15, pictures, sound: loud, ntpMs });
  expect(practice.codes).toEqual(['av-skew']);
  expect(practice.find('av-skew')?.evidence['videoBehindAudioMs']).toBeCloseTo(450, -2);
  const fine = new Practice();
  expect([
    ...fine.play({ seconds: 15, pictures, sound: loud, ntpMs: (_, mediaMs) => 5e12 + mediaMs }),
  ]).toEqual([]);
});

test('packets that come in bursts', () => {
  const practice = new Practice();
  // Every five seconds, half a second is held up and then comes at once.
  const delayMs = (_: string, mediaMs: number): number => {
    const phase = mediaMs % 5_000;
    return phase < 500 ? 500 - phase : 0;
  };
  practice.play({ seconds: 30, pictures, sound: loud, delayMs });
  expect(practice.codes).toContain('bursts');
});

test.each([
  { what: 'lost for good', change: (s: number) => ({ lost: 5 * s }), code: 'loss', severity: 'problem' },
  {
    what: 'lost and repaired',
    change: (s: number) => ({ repaired: 10 * s }),
    code: 'loss-repaired',
    severity: 'note',
  },
  { what: 'uneven', change: () => ({ jitterMs: 80 }), code: 'jitter', severity: 'warning' },
] as const)('packets that are $what', ({ change, code, severity }) => {
  const practice = new Practice();
  const vitals = (second: number): object => ({ audio: { packets: 200 * second, ...change(second) } });
  practice.play({ seconds: 20, pictures, sound: loud, vitals });
  expect(practice.codes).toEqual([code]);
  expect(practice.find(code)?.severity).toBe(severity);
  practice.play({
    seconds: 40,
    pictures,
    sound: loud,
    vitals: () => ({ audio: { packets: 9_000, ...change(20), jitterMs: 2 } }),
  });
  expect(practice.codes).not.toContain(code);
});

test('an encoder that is deaf to requests is told what that means here', () => {
  const practice = new Practice();
  practice.play({
    seconds: 10,
    pictures,
    sound: loud,
    vitals: () => ({ track: { keyframeRequests: 'deaf' } }),
  });
  expect(practice.codes).toEqual(['deaf-to-keyframe-requests']);
  expect(practice.find('deaf-to-keyframe-requests')?.message).toContain('lose nothing');
});

function rung(layer: number, bps: number): RungReport {
  return { layer, label: `${layer}`, bps, width: 0, height: 0, viewers: 0 };
}

test('viewers whose networks carry less than what is sent', () => {
  const viewers = [400_000, 500_000, 600_000, 9_000_000].map((estimateBps) => ({ estimateBps }));
  const one = [rung(0, 2_000_000)];
  const over = new Practice({ userAgent: browserAgent });
  over.play({ seconds: 20, pictures, sound: loud, vitals: () => ({ viewers, track: { rungs: one } }) });
  expect(over.codes).toEqual(['bitrate-over-viewers']);
  expect(over.find('bitrate-over-viewers')?.evidence).toMatchObject({ viewers: 4, constrained: 3 });
  const some = [...viewers, ...Array.from({ length: 4 }, () => ({ estimateBps: 9_000_000 }))];
  const single = new Practice();
  single.play({
    seconds: 20,
    pictures,
    sound: loud,
    vitals: () => ({ viewers: some, track: { rungs: one } }),
  });
  expect(single.codes).toEqual(['no-simulcast']);
  const simulcast = new Practice();
  const two = [rung(0, 300_000), rung(1, 2_000_000)];
  const vitals = (): object => ({ viewers: some, track: { rungs: two } });
  expect([...simulcast.play({ seconds: 20, pictures, sound: loud, vitals })]).toEqual([]);
});

test('nothing is listened to when the stream is over', () => {
  const practice = new Practice();
  practice.play({ seconds: 1, pictures, sound: loud });
  expect(practice.listens).toBe(true);
  practice.doctor[Symbol.dispose]();
  expect([practice.listens, practice.codes]).toEqual([false, []]);
});
