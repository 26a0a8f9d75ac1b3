import { describe, expect, test } from 'vitest';
import { renderMpd } from '#src/hls/dash/mpd.ts';
import type { DashPeriod, DashRepresentation, MpdView } from '#src/hls/dash/view.ts';

const defaults = { durationTicks: 0, sizeBytes: 0, flags: 0 };
const video: DashRepresentation = {
  id: 'v0',
  facts: {
    ...{ kind: 'video', trackId: 1, timescale: 90_000, codecs: 'avc1.42c01f', width: 1280, height: 720 },
    ...{ channels: 0, defaults },
  },
  bandwidthBps: 2_500_000,
  media: 'x/v0_e1_s$Number$.m4s',
  initialization: 'x/v0_e1.mp4',
  segments: [
    { number: 7, startMs: 10_000, endMs: 12_000 },
    { number: 8, startMs: 12_000, endMs: 14_000 },
    { number: 9, startMs: 14_000, endMs: 16_033.3334 },
    { number: 10, startMs: 20_000, endMs: 22_500 },
    { number: 11, startMs: 22_000, endMs: 24_000 },
  ],
};
const sound: DashRepresentation = {
  ...video,
  id: 'a1',
  facts: { ...video.facts, kind: 'audio', timescale: 48_000, codecs: 'Opus', channels: 2 },
};
const period: DashPeriod = {
  id: 'x.1',
  startMs: 1_700_000_000_000,
  zeroMs: 10_000,
  wallMs: 1_700_000_000_000,
  sets: [
    { id: 1, independent: true, representations: [video] },
    { id: 3, independent: false, representations: [sound] },
  ],
};
const view: MpdView = {
  periods: [period],
  ended: false,
  publishedMs: 1_700_000_030_000,
  timeShiftMs: 120_000,
  availabilityTimeOffsetMs: 1_750,
  latencyMs: 1_500,
};

const timelines = (text: string): readonly string[] =>
  [...text.matchAll(/<SegmentTimeline>(.*?)<\/SegmentTimeline>/g)].map(([, inside]) => inside ?? '');

describe('a timeline', () => {
  test('says equal neighbours once, leaves holes open and never overlaps', () => {
    expect(timelines(renderMpd(view))[0]).toBe(
      '<S t="900000" d="180000" r="1"/><S d="183000"/><S t="1800000" d="180000" r="1"/>',
    );
  });

  test('counts in the ticks of its track', () => {
    expect(timelines(renderMpd(view))[1]).toMatch(/^<S t="480000" d="96000" r="1"\/>/);
  });
});

describe('an MPD', () => {
  test('says of each track what a player chooses by', () => {
    const text = renderMpd(view);
    expect(text).toContain(
      '<Representation id="v0" codecs="avc1.42c01f" bandwidth="2500000" width="1280" height="720">',
    );
    expect(text).toContain(
      '<Representation id="a1" codecs="opus" bandwidth="2500000"><AudioChannelConfiguration',
    );
    expect(text.match(/startWithSAP/g)).toHaveLength(1);
  });

  test('ties media time to the wall clock and tells where to read it', () => {
    const text = renderMpd(view);
    expect(text).toContain('wallClockTime="2023-11-14T22:13:20.000Z" presentationTime="900000"');
    expect(text.endsWith('value="time"/></MPD>\n')).toBe(true);
  });

  test('tells either a target latency or how far behind to begin', () => {
    const whole = renderMpd({ ...view, availabilityTimeOffsetMs: undefined, latencyMs: 10_333 });
    expect(whole).toContain('suggestedPresentationDelay="PT10.333S"');
    expect(whole).not.toMatch(/Latency|availabilityTime(Offset|Complete)|ProducerReferenceTime/);
    expect(renderMpd(view)).toContain('<Latency target="1500" referenceId="0"/>');
  });

  test('ends where its last period does', () => {
    expect(renderMpd({ ...view, ended: true })).toContain('mediaPresentationDuration="PT1700000014.000S"');
  });
});

test('sounds between which one may choose have languages, names and roles', () => {
  const named = [
    { index: 0, name: 'Stadium', language: '' },
    { index: 1, name: 'Q & <A>', language: 'de' },
  ].map((choice) => ({ id: 2 + choice.index, independent: true, representations: [sound], sound: choice }));
  const text = renderMpd({ ...view, periods: [{ ...period, sets: named }] });
  const sets = text.match(/<AdaptationSet.*?<Representation/g) ?? [];
  expect(sets).toHaveLength(2);
  expect(sets[0]).toMatch(/^<AdaptationSet id="2" contentType="audio" mimeType=.*<Label>Stadium<\/Label>/);
  expect(sets[0]).toContain('value="main"');
  expect(sets[1]).toMatch(
    /^<AdaptationSet id="3" contentType="audio" lang="de" .*<Label>Q &amp; &lt;A&gt;<\/Label>/,
  );
  expect(sets[1]).toContain('value="alternate"');
  expect(renderMpd(view)).not.toMatch(/Label|lang=/);
});
