import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeText, renderWebVtt } from '#src/hls/captions/webvtt.ts';
import { caption, cuesOf, openCaptionsRig, playlistOf } from '#test/kit/captions-rig.ts';
import { checkCues, checkInStep } from '#test/kit/hls-captions-rules.ts';
import { EpochFeed, settled } from '#test/kit/hls-source.ts';
import { readVtt } from '#test/kit/webvtt-reader.ts';

const wall = (mediaMs: number): number => 1_700_003_600_000 + mediaMs - 10_000;

/** A caption, sent when the stream has come so far. */
const sendings = fc.array(
  fc.record({
    atMs: fc.integer({ min: 10_500, max: 21_000 }),
    /** From the moment of sending; negative ones are late. */
    startMs: fc.integer({ min: -3_000, max: 3_000 }),
    lengthMs: fc.integer({ min: 100, max: 6_000 }),
  }),
  { minLength: 1, maxLength: 25 },
);
/** A picture that trembles, with keyframes when the publisher likes. */
const frames = fc.array(
  fc.record({
    durationMs: fc.integer({ min: 28, max: 39 }),
    keyframe: fc.integer({ min: 0, max: 30 }).map((dice) => dice === 0),
  }),
  { minLength: 300, maxLength: 360 },
);

test('however cues and segments lie, each is where it is seen, whole, in parts and segments alike', async () => {
  await fc.assert(
    fc.asyncProperty(sendings, frames, async (wishes, pictures) => {
      await using rig = openCaptionsRig({
        ...{ captions: [{ stream: '*', language: 'en' }], targetDurationMs: 3_000, segmentTargetMs: 1_000 },
      });
      const { packager, clock } = rig;
      const feed = new EpochFeed(1, ['video']);
      packager.accept(feed.epoch);
      const broken: string[] = [];
      const check = (rule: string, holds: boolean, detail = ''): void => {
        if (!holds) broken.push(`${rule}: ${detail}`);
      };
      const due = wishes.toSorted((one, other) => one.atMs - other.atMs);
      const taken: {
        readonly id: string;
        readonly startMs: number;
        readonly endMs: number;
        readonly edgeMs: number;
      }[] = [];
      for (const [index, { durationMs, keyframe }] of pictures.entries()) {
        feed.video?.frame(durationMs, keyframe || index === 0, 20);
        await settled();
        const nowMs = feed.video?.atMs ?? 0;
        clock.wallMs = wall(nowMs);
        while (due[0] && due[0].atMs <= nowMs) {
          const { startMs, lengthMs } = due.shift() ?? { startMs: 0, lengthMs: 0 };
          const from = wall(nowMs) + startMs;
          const open = packager.rendition('v0')?.window.segments.at(-1);
          const edgeMs = open ? open.startWallMs + open.durationMs : clock.wallMs;
          try {
            taken.push({ ...packager.text.caption(caption(from, from + lengthMs)), edgeMs });
          } catch (error) {
            expect(error).toMatchObject({
              code: expect.stringMatching(/^(caption-too-late|too-many-captions)$/) as unknown,
            });
            if ((error as { code: string }).code === 'caption-too-late')
              check('only what is over is late', from + lengthMs <= edgeMs);
          }
        }
      }
      feed.end();
      await settled();
      packager.finish();
      checkInStep(playlistOf(packager, 'v0'), playlistOf(packager, 's0'), check);
      const files = cuesOf(packager, 's0');
      for (const { segment, parts } of files) checkCues(segment, parts, check);
      const parts = files.flatMap((each) => each.parts);
      const end = wall(parts.at(-1)?.endMs ?? 0);
      for (const cue of taken) {
        // Seen from its start on, or from where the stream was when it came.
        const seenFrom = Math.max(cue.startMs, cue.edgeMs);
        const wanted = parts.filter(
          (part) => wall(part.endMs) > seenFrom + 2 && wall(part.startMs) < cue.endMs - 2,
        );
        check(
          'a cue is in every part in which it is seen',
          cue.startMs >= end || wanted.every(({ vtt }) => vtt.cues.some(({ id }) => id === cue.id)),
          cue.id,
        );
      }
      expect(broken).toEqual([]);
    }),
    { numRuns: 8, seed: 20_261_121, endOnFailure: true },
  );
}, 60_000);

test('no text ends its cue, begins another or is markup', () => {
  const nasty = fc.constantFrom(
    '\n',
    '\r',
    '\r\n',
    '\n\n',
    '-->',
    '<b>',
    '&',
    '&lt;',
    '\0',
    'WEBVTT',
    'NOTE',
    'x',
    ' ',
    '🎤',
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(nasty).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      // Nothing to read is refused at the door.
      fc.pre(escapeText(text) !== '');
      const cue = { id: 'a', startMs: 0, endMs: 1_000, text, place: {} };
      const { cues } = readVtt(renderWebVtt([cue], { wallMs: 0, mediaMs: 0 }));
      expect(cues).toHaveLength(1);
      expect(cues[0]?.text).toBe(escapeText(text));
    }),
    { numRuns: 1_000, seed: 7 },
  );
});
