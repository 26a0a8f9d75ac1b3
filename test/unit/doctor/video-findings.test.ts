import { beforeAll, expect, test } from 'vitest';
import type { Recording } from '#test/kit/recording.ts';
import { encoders } from '../bridge/encoders.ts';
import { record, testVideo } from '../bridge/recording.ts';
import { audio, browserAgent, loud, payloadsOf, Practice, video } from './practice.ts';
import { makeRecordings } from './recordings.ts';

let made: Awaited<ReturnType<typeof makeRecordings>>;
beforeAll(async () => {
  made = await makeRecordings();
});

/** Without the NAL units of these types; `from`: in the pictures from there on. */
function without(recording: Recording, types: readonly number[], from = 0): Recording {
  const pictures = recording.pictures.map((nals, index) =>
    index < from ? nals : nals.filter((nal) => !types.includes((nal[0] ?? 0) & 31)),
  );
  return { ...recording, pictures };
}

test('a healthy publisher has no findings', () => {
  const practice = new Practice();
  const seen = practice.play({ seconds: 30, pictures: payloadsOf(made.plain), sound: loud });
  expect([...seen]).toEqual([]);
  expect(practice.logged).toEqual([]);
});

test('B-frames are known within the first pictures, with the setting of OBS, and over with the next publisher', () => {
  const practice = new Practice();
  practice.play({ seconds: 1, pictures: payloadsOf(made.plain), sound: loud });
  expect(practice.doctor.bFrames).toBe(false);
  practice.admit();
  practice.play({ seconds: 0.3, pictures: payloadsOf(made.reordered), sound: loud });
  expect(practice.doctor.bFrames).toBe(true);
  practice.play({ seconds: 1, pictures: payloadsOf(made.reordered), sound: loud });
  const finding = practice.find('b-frames');
  expect(finding).toMatchObject({ severity: 'problem', kind: 'video', evidence: { reorderFrames: 1 } });
  expect(finding?.advice).toMatch(/untick "Use B-Frames"/);
  expect(practice.logged).toEqual(['b-frames: ingest finding']);
  practice.admit();
  expect([practice.doctor.bFrames, practice.codes]).toEqual([false, []]);
  expect(practice.logged.at(-1)).toBe('b-frames: ingest finding is gone');
});

test('B-frames of one publisher are forgotten when it sends none for long', () => {
  const practice = new Practice();
  practice.play({ seconds: 4, pictures: payloadsOf(made.reordered), sound: loud });
  expect(practice.codes).toContain('b-frames');
  practice.play({ seconds: 60, pictures: payloadsOf(made.plain), sound: loud });
  expect([practice.doctor.bFrames, practice.codes]).toEqual([false, []]);
});

test('packets that come late or not at all do not look like B-frames', () => {
  const practice = new Practice();
  const pictures = payloadsOf(made.plain).map((payloads, index) => (index % 7 === 3 ? [] : payloads));
  practice.play({
    seconds: 8,
    pictures,
    sound: loud,
    delayMs: (kind, mediaMs) => (kind === 'video' && Math.round(mediaMs / 33) % 5 === 1 ? 70 : 0),
  });
  expect(practice.doctor.bFrames).toBe(false);
});

test('B-frames of H.265 are read from what it declares', async () => {
  const args = [...testVideo(12, '160x96'), '-c:v', 'libx265', '-preset', 'ultrafast'];
  const x265 = (bFrames: number): Promise<readonly { payload: Uint8Array }[]> =>
    record({
      codec: 'h265',
      args: [
        ...args,
        '-x265-params',
        `log-level=error:repeat-headers=1:pools=1:bframes=${bFrames}:b-adapt=0`,
      ],
    });
  for (const bFrames of [0, 2]) {
    const practice = new Practice({ tracks: [video('', 'h265'), audio()] });
    const pictures = [(await x265(bFrames)).map(({ payload }) => payload)];
    practice.play({ seconds: 2, pictures, sound: loud, codec: 'h265' });
    expect(practice.doctor.bFrames).toBe(bFrames > 0);
    expect(practice.codes.includes('b-frames')).toBe(bFrames > 0);
    expect(practice.codes).toEqual(expect.arrayContaining(['codec-few-viewers', 'needs-transcoding']));
  }
}, 60_000);

test('more than 4 s between keyframes is found for who ignores requests, and forgotten when they come closer', () => {
  const practice = new Practice();
  practice.play({ seconds: 20, pictures: payloadsOf(made.sparse), sound: loud });
  const finding = practice.find('keyframe-interval');
  expect(finding?.evidence['keyframeIntervalMs']).toBeGreaterThan(7_900);
  expect(finding?.advice).toMatch(/Keyframe Interval: 2 s/);
  practice.play({ seconds: 30, pictures: payloadsOf(made.plain), sound: loud });
  expect(practice.codes).toEqual([]);
  const asked = new Practice();
  const vitals = (): object => ({ track: { keyframeRequests: 'answers' } });
  expect([...asked.play({ seconds: 20, pictures: payloadsOf(made.sparse), sound: loud, vitals })]).toEqual(
    [],
  );
  const browser = new Practice({ userAgent: browserAgent });
  expect([...browser.play({ seconds: 20, pictures: payloadsOf(made.sparse), sound: loud })]).toEqual([]);
});

test('a publisher that stands still for a while is not told of its keyframe interval', () => {
  const practice = new Practice();
  const pictures = payloadsOf(made.plain);
  practice.play({ seconds: 4, pictures, sound: loud });
  const still = practice.play({ seconds: 9, sound: loud });
  const again = practice.play({ seconds: 6, pictures: pictures.slice(1), sound: loud });
  expect(still).toContain('video-stopped');
  expect([...still, ...again]).not.toContain('keyframe-interval');
  practice.play({ seconds: 30, pictures: payloadsOf(made.sparse), sound: loud });
  expect(practice.codes).toContain('keyframe-interval');
});

test('video without any keyframe', () => {
  const practice = new Practice();
  // The tap hands nothing on before a keyframe: only the counts of the media plane tell.
  const vitals = (second: number): object => ({ video: { packets: 100 * second, keyframes: 0 } });
  practice.play({ seconds: 8, sound: loud, vitals });
  expect(practice.find('no-keyframe')?.severity).toBe('problem');
});

test('missing parameter sets, and those that come only once', () => {
  const never = new Practice();
  never.play({ seconds: 8, pictures: payloadsOf(without(made.plain, [7, 8])), sound: loud });
  expect(never.codes).toEqual(['parameter-sets-missing']);
  const once = new Practice();
  const pictures = payloadsOf(made.plain);
  once.play({ seconds: 4, pictures, sound: loud });
  expect(once.codes).toEqual([]);
  once.play({ seconds: 8, pictures: payloadsOf(without(made.plain, [7, 8])), sound: loud });
  expect(once.codes).toEqual(['parameter-sets-once']);
  const inSdp = new Practice({
    tracks: [video('profile-level-id=640028;sprop-parameter-sets=Z0LA,aM4='), audio()],
  });
  inSdp.play({ seconds: 8, pictures: payloadsOf(without(made.plain, [7, 8])), sound: loud });
  expect(inSdp.codes).not.toContain('parameter-sets-missing');
});

test('High profile under the 42e01f that OBS announces is a note', () => {
  const practice = new Practice({ tracks: [video('profile-level-id=42e01f;packetization-mode=1'), audio()] });
  practice.play({ seconds: 3, pictures: payloadsOf(made.plain), sound: loud });
  expect(practice.codes).toEqual(['profile-unlike-sdp']);
  const evidence = practice.find('profile-unlike-sdp')?.evidence;
  expect(evidence).toMatchObject({ announced: '42e01f', stream: expect.stringMatching(/^64/) as string });
});

test.each([
  ['', ['profile-unlike-sdp']],
  [';level-asymmetry-allowed=1', []],
])('a level above the announced one counts where that is about sending: "%s"', (more, codes) => {
  const practice = new Practice({ tracks: [video(`profile-level-id=640001${more}`), audio()] });
  practice.play({ seconds: 3, pictures: payloadsOf(made.plain), sound: loud });
  expect(practice.codes).toEqual(codes);
});

test('another picture size is told for a minute', () => {
  const practice = new Practice();
  practice.play({ seconds: 4, pictures: payloadsOf(made.plain), sound: loud });
  practice.play({ seconds: 4, pictures: payloadsOf(made.larger), sound: loud });
  expect(practice.find('resolution-change')?.evidence).toEqual({ from: '160x96', to: '320x192' });
  practice.play({ seconds: 62, pictures: payloadsOf(made.larger), sound: loud });
  expect(practice.codes).toEqual([]);
});

test('another frame rate is told, an uneven one too', () => {
  const practice = new Practice();
  const pictures = payloadsOf(made.plain);
  practice.play({ seconds: 8, pictures, sound: loud });
  practice.play({ seconds: 20, pictures, sound: loud, pictureMs: (index) => (index * 1000) / 15 });
  expect(practice.find('frame-rate-change')?.evidence).toEqual({ fromHz: 30, toHz: 15 });
  const uneven = new Practice();
  uneven.play({
    seconds: 20,
    pictures,
    sound: loud,
    pictureMs: (index) => (index * 1000) / 30 + (index % 3 === 0 ? 25 : 0),
  });
  expect(uneven.codes).toEqual(['frame-rate-unstable']);
});

test('a few frames that a browser leaves out now and then are no finding', () => {
  const practice = new Practice({ userAgent: browserAgent });
  let atMs = 0;
  const times = Array.from({ length: 700 }, (_, index) => (atMs += index % 20 === 19 ? 66.7 : 33.3));
  practice.play({
    seconds: 20,
    pictures: payloadsOf(made.plain),
    sound: loud,
    pictureMs: (index) => times[index] ?? 1e9,
  });
  expect(practice.codes).toEqual([]);
});

test('other codecs cost transcoding', async () => {
  const vp8 = await record({ codec: 'vp8', args: [...testVideo(10, '160x96'), ...encoders.vp8] });
  const practice = new Practice({ tracks: [video('', 'vp8'), audio()] });
  practice.play({ seconds: 3, pictures: [vp8.map(({ payload }) => payload)], sound: loud, codec: 'vp8' });
  expect(practice.codes).toEqual(['needs-transcoding']);
});
