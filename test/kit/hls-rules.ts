import type { ReadPart, ReadPlaylist, ReadSegment } from './hls-reader.ts';

/** Says that a rule was looked at, and whether it held. */
export type Check = (rule: string, holds: boolean, detail?: string) => void;

/** Five decimals, printed. */
const printedS = 0.000_02;
/** Sums of parts and EXTINF may differ by rounding and by half a frame. */
const sumToleranceS = 0.05;

/** Rules for one media playlist by itself (RFC 8216bis sections 4.4, 6.2.2 and appendix B.1). */
export function checkPlaylist(playlist: ReadPlaylist, check: Check): void {
  const { targetDurationS: targetS, partTargetS, control, segments } = playlist;
  const seconds = (name: string): number => Number(control.get(name) ?? 0);
  check('every line is understood', playlist.strange.length === 0, playlist.strange[0]);
  check('version', playlist.version >= (playlist.skipped > 0 ? 9 : 6), `version ${playlist.version}`);
  check('target duration is there', Number.isInteger(targetS) && targetS > 0);
  check('part target is there', partTargetS > 0);
  check('blocking reload is offered', control.get('CAN-BLOCK-RELOAD') === 'YES');
  check('part hold back of three parts', seconds('PART-HOLD-BACK') >= 3 * partTargetS - printedS);
  check('hold back of three target durations', seconds('HOLD-BACK') >= 3 * targetS);
  check('skip boundary of six target durations', seconds('CAN-SKIP-UNTIL') >= 6 * targetS);
  const { length: hints } = playlist.hints;
  // A rendition that has nothing now need not promise anything; behind a complete segment see checkUnhinted.
  const mayBeNone = playlist.ended || segments.at(-1)?.gap === true || segments.at(-1)?.uri !== undefined;
  check('one preload hint, none after the end', hints === 1 ? !playlist.ended : hints === 0 && mayBeNone);
  check('there are segments', segments.length > 0);
  if (playlist.startS !== undefined)
    // Section 4.4.2.2: nearer to the end, players stall.
    check('new players begin far enough from the end', -playlist.startS >= seconds('PART-HOLD-BACK'));
  for (const segment of segments) checkSegment(playlist, segment, check);
  checkPartsListed(playlist, check);
  const uris = segments.flatMap((segment) => [...segment.parts.map((part) => part.uri), segment.uri]);
  const named = uris.filter((uri) => uri !== undefined);
  check('names are used once', new Set(named).size === named.length);
  if (playlist.mediaSequence > 1 && playlist.skipped === 0) {
    const totalS = segments.reduce((sum, segment) => sum + segment.durationS, 0);
    check('the window holds three target durations', totalS >= 3 * targetS, `${totalS} s`);
  }
}

function checkSegment(playlist: ReadPlaylist, segment: ReadSegment, check: Check): void {
  const { targetDurationS, independentSegments, skipped } = playlist;
  const { parts, durationS, uri } = segment;
  const name = `segment ${segment.msn}`;
  if (uri !== undefined)
    check(
      'segments fit the target duration',
      Math.round(durationS) <= targetDurationS,
      `${name}: ${durationS} s`,
    );
  check('segments have a wall clock time', segment.wallMs !== undefined, name);
  check('segments have an init segment', segment.map !== '' || skipped > 0, name);
  if (independentSegments && parts.length > 0)
    check('independent segments are', parts[0]?.independent === true, name);
  parts.forEach((part, index) =>
    checkPart(
      playlist,
      part,
      {
        next: parts[index + 1],
        mayBeLast: index === parts.length - 1,
        name: `${name} part ${index}`,
      },
      check,
    ),
  );
  const sumS = parts.reduce((sum, part) => sum + part.durationS, 0);
  if (uri !== undefined && parts.length > 0)
    check(
      'parts add up to their segment',
      Math.abs(sumS - durationS) < sumToleranceS,
      `${name}: ${sumS} of ${durationS} s`,
    );
}

interface PartPlace {
  readonly next: ReadPart | undefined;
  /** Of its parent, as far as this playlist knows. */
  readonly mayBeLast: boolean;
  readonly name: string;
}

function checkPart(
  { partTargetS }: ReadPlaylist,
  part: ReadPart,
  { next, mayBeLast, name }: PartPlace,
  check: Check,
): void {
  check(
    'parts fit the part target',
    part.durationS <= partTargetS + printedS && part.durationS > 0,
    `${name}: ${part.durationS} s`,
  );
  if (mayBeLast || part.independent || part.gap || next?.gap === true) return;
  check(
    'parts fill 85 % of the part target',
    part.durationS >= 0.85 * partTargetS - printedS,
    `${name}: ${part.durationS} s`,
  );
}

/** Section 6.2.2: parts of the last three target durations are listed, older ones are not. */
function checkPartsListed({ segments, targetDurationS }: ReadPlaylist, check: Check): void {
  let behindS = 0;
  for (const segment of segments.toReversed()) {
    const near = behindS <= 3 * targetDurationS + printedS;
    if (!near) check('old parts are not listed', segment.parts.length === 0, `segment ${segment.msn}`);
    else if (behindS < 3 * targetDurationS - printedS && !segment.gap)
      check('young parts are listed', segment.parts.length > 0, `segment ${segment.msn}`);
    behindS += segment.durationS;
  }
}

/** Rules for a playlist that replaces an earlier one (section 6.2.1). */
export function checkSuccession(before: ReadPlaylist, after: ReadPlaylist, check: Check): void {
  const fixed = (playlist: ReadPlaylist): string =>
    JSON.stringify([playlist.targetDurationS, playlist.partTargetS, [...playlist.control]]);
  check('durations and server control stay', fixed(before) === fixed(after));
  check('media sequence never falls', after.mediaSequence >= before.mediaSequence);
  const removed = before.segments.filter((segment) => segment.msn < after.mediaSequence);
  const gone = removed.filter((segment) => segment.discontinuity).length;
  if (before.skipped === 0)
    check(
      'discontinuity sequence counts what was removed',
      after.discontinuitySequence === before.discontinuitySequence + gone,
      `${before.discontinuitySequence} + ${gone}, found ${after.discontinuitySequence}`,
    );
  const later = new Map(after.segments.map((segment) => [segment.msn, segment]));
  for (const segment of before.segments) {
    const same = later.get(segment.msn);
    if (same) checkSameSegment(segment, same, check);
    else
      check(
        'only old segments leave',
        segment.msn < after.mediaSequence + after.skipped,
        `segment ${segment.msn}`,
      );
  }
  checkHint(before, after, check);
  checkUnhinted(before, after, check);
}

function checkSameSegment(before: ReadSegment, after: ReadSegment, check: Check): void {
  const name = `segment ${before.msn}`;
  const facts = (segment: ReadSegment): string =>
    JSON.stringify([
      segment.discontinuity,
      segment.wallMs,
      segment.map === '' ? before.map : segment.map,
      segment.gap,
    ]);
  check('listed segments do not change', facts(before) === facts(after), name);
  if (before.uri !== undefined)
    check(
      'complete segments stay as they are',
      before.uri === after.uri && before.durationS === after.durationS,
      name,
    );
  if (after.parts.length === 0) return;
  const known = JSON.stringify(before.parts);
  check(
    'listed parts do not change',
    JSON.stringify(after.parts.slice(0, before.parts.length)) === known,
    name,
  );
  if (before.uri !== undefined)
    check('a complete segment gets no more parts', after.parts.length === before.parts.length, name);
}

/** What was hinted at is what came, or is still hinted at. */
function checkHint(before: ReadPlaylist, after: ReadPlaylist, check: Check): void {
  const [hint] = before.hints;
  if (hint === undefined || after.hints[0] === hint || after.ended) return;
  const parts = after.segments.flatMap((segment) => segment.parts.map((part) => part.uri));
  const known = new Set(before.segments.flatMap((segment) => segment.parts.map((part) => part.uri)));
  // A client that slept for long cannot tell: what it knew is no longer listed.
  const lastKnown = parts.findLastIndex((uri) => known.has(uri));
  if (lastKnown < 0) return;
  const next = parts[lastKnown + 1];
  const begun = after.segments.find((segment) => segment.parts.some(({ uri }) => uri === next));
  const runEnded = next === undefined ? after.hints.length === 0 : isNewRun(begun, before);
  // A player that fetched it has decoded it with the init segment of the run in which it was hinted at.
  if (runEnded) check('no hinted part comes behind a discontinuity', next !== hint, hint);
  else check('the hinted part is the next part', next === hint, `hinted ${hint}, got ${next ?? 'nothing'}`);
}

/** Without hint, nothing but a discontinuity, a gap or the end may follow. */
function checkUnhinted(before: ReadPlaylist, after: ReadPlaylist, check: Check): void {
  const last = before.segments.at(-1);
  if (before.hints.length > 0 || before.ended || !last || last.gap) return;
  const next = after.segments.find(({ msn }) => msn > last.msn);
  const right = next ? next.discontinuity || next.gap : after.hints.length === 0;
  check('only in front of a discontinuity nothing is hinted at', right, `behind segment ${last.msn}`);
}

function isNewRun(segment: ReadSegment | undefined, before: ReadPlaylist): boolean {
  return segment?.discontinuity === true && segment.msn > (before.segments.at(-1)?.msn ?? 0);
}
