import { durationText, element, escapeXml, type XmlAttributes } from './xml.ts';
import type { TimelineSegment } from './stretches.ts';
import type { DashPeriod, DashRepresentation, DashSet, MpdView } from './view.ts';

/** Where the clock of the gateway can be read, beside the MPD (urn:mpeg:dash:utc:http-xsdate:2014). */
export const timeName = 'time';

/** As often as a cache may hold an MPD. */
const updateMs = 1_000;
/** The two ticks nearest to an instant need not be the same in two tracks. */
const roundingTicks = 1;
const clock = element('UTCTiming', { schemeIdUri: 'urn:mpeg:dash:utc:http-xsdate:2014', value: timeName });
const catchUp = element('PlaybackRate', { min: '0.96', max: '1.04' });

/** Writes an MPD (ISO/IEC 23009-1): a SegmentTimeline for each track and life of the encoder, in terms of its HLS segments. */
export function renderMpd(view: MpdView): string {
  const { ended, periods, latencyMs } = view;
  const latency = element('Latency', { target: Math.round(latencyMs), referenceId: 0 });
  const service = element('ServiceDescription', { id: 0 }, [latency, catchUp]);
  const mpd = element('MPD', { ...documentAttributes(view), ...timingAttributes(view) }, [
    ...(isLowLatency(view) ? [service] : []),
    ...periods.map((period) => renderPeriod(period, view)),
    ...(ended ? [] : [clock]),
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${mpd}\n`;
}

/** Segments can be had while they are being filled. */
function isLowLatency({ availabilityTimeOffsetMs }: MpdView): boolean {
  return availabilityTimeOffsetMs !== undefined;
}

function documentAttributes({ ended }: MpdView): XmlAttributes {
  return {
    xmlns: 'urn:mpeg:dash:schema:mpd:2011',
    profiles: 'urn:mpeg:dash:profile:isoff-live:2011',
    type: ended ? 'static' : 'dynamic',
  };
}

/** The timeline begins in 1970, so that it is the wall clock, whatever becomes of publisher, encoder and gateway. */
function timingAttributes(view: MpdView): XmlAttributes {
  const { ended, publishedMs, timeShiftMs, periods, latencyMs } = view;
  const segments = periods.flatMap(segmentsOf);
  const longestMs = Math.max(1, ...segments.map(({ startMs, endMs }) => endMs - startMs));
  const always = {
    // Players that want whole segments begin this far behind the newest; others go by the latency.
    minBufferTime: durationText(longestMs),
    maxSegmentDuration: durationText(Math.ceil(longestMs)),
  };
  if (ended) return { ...always, mediaPresentationDuration: durationText(endMsOf(periods)) };
  return {
    ...always,
    availabilityStartTime: new Date(0).toISOString(),
    publishTime: new Date(publishedMs).toISOString(),
    minimumUpdatePeriod: durationText(updateMs),
    timeShiftBufferDepth: durationText(timeShiftMs),
    // Beside a target latency it would count twice in some players.
    suggestedPresentationDelay: isLowLatency(view) ? undefined : durationText(latencyMs),
  };
}

function segmentsOf({ sets }: DashPeriod): readonly TimelineSegment[] {
  return sets.flatMap(({ representations }) => representations.flatMap(({ segments }) => segments));
}

/** Where the last period ends on the timeline. */
function endMsOf(periods: readonly DashPeriod[]): number {
  const last = periods.at(-1);
  if (!last) return 0;
  return last.startMs - last.zeroMs + Math.max(...segmentsOf(last).map(({ endMs }) => endMs));
}

function renderPeriod(period: DashPeriod, view: MpdView): string {
  const { id, startMs, sets } = period;
  return element(
    'Period',
    { id, start: durationText(startMs) },
    sets.map((set) => renderSet(set, period, view)),
  );
}

function renderSet(
  { id, representations, independent, sound }: DashSet,
  period: DashPeriod,
  view: MpdView,
): string {
  const [first] = representations;
  const { kind = 'video', timescale = 1000 } = first?.facts ?? {};
  const attributes = {
    id,
    contentType: kind,
    lang: sound?.language === '' ? undefined : sound?.language,
    mimeType: `${kind}/mp4`,
    segmentAlignment: true,
    startWithSAP: independent ? 1 : undefined,
  };
  const reference = element(
    'ProducerReferenceTime',
    {
      id: 0,
      type: 'encoder',
      wallClockTime: new Date(Math.round(period.wallMs)).toISOString(),
      presentationTime: ticksOf(period.zeroMs, timescale),
    },
    [clock],
  );
  return element('AdaptationSet', attributes, [
    ...(sound ? [element('Label', {}, [escapeXml(sound.name)])] : []),
    ...(isLowLatency(view) ? [reference] : []),
    element('Role', {
      schemeIdUri: 'urn:mpeg:dash:role:2011',
      value: (sound?.index ?? 0) > 0 ? 'alternate' : 'main',
    }),
    ...representations.map((one) => renderRepresentation(one, period, view)),
  ]);
}

function renderRepresentation(one: DashRepresentation, period: DashPeriod, view: MpdView): string {
  const { id, facts, bandwidthBps } = one;
  const { kind, codecs, width, height, channels } = facts;
  const looks = kind === 'video' ? { width, height } : {};
  const configuration = element('AudioChannelConfiguration', {
    schemeIdUri: 'urn:mpeg:mpegB:cicp:ChannelConfiguration',
    value: channels,
  });
  // Sample entries are named in lower case here (RFC 6381 section 3.3 leaves it to them; players compare them exactly).
  const attributes = { id, codecs: codecs === 'Opus' ? 'opus' : codecs, bandwidth: bandwidthBps, ...looks };
  return element('Representation', attributes, [
    ...(kind === 'audio' ? [configuration] : []),
    renderTemplate(one, period, view),
  ]);
}

function renderTemplate(
  { facts, media, initialization, segments }: DashRepresentation,
  { zeroMs }: DashPeriod,
  { availabilityTimeOffsetMs }: MpdView,
): string {
  const { timescale } = facts;
  const early =
    availabilityTimeOffsetMs === undefined ? undefined : (availabilityTimeOffsetMs / 1000).toFixed(3);
  const attributes = {
    timescale,
    presentationTimeOffset: ticksOf(zeroMs, timescale),
    availabilityTimeOffset: early,
    availabilityTimeComplete: early === undefined ? undefined : false,
    startNumber: segments[0]?.number ?? 1,
    initialization,
    media,
  };
  return element('SegmentTemplate', attributes, [
    element('SegmentTimeline', {}, timelineOf(segments, timescale)),
  ]);
}

/** S elements (section 5.3.9.6); equal segments that follow on from each other share one. */
function timelineOf(segments: readonly TimelineSegment[], timescale: number): readonly string[] {
  const entries: { t: number | undefined; d: number; r: number }[] = [];
  let untilTicks = -Infinity;
  for (const [index, { startMs, endMs }] of segments.entries()) {
    const startTicks = ticksOf(startMs, timescale);
    const followsOn = Math.abs(startTicks - untilTicks) <= roundingTicks;
    const from = followsOn ? untilTicks : startTicks;
    // A prediction may reach over the segment behind it.
    const nextTicks = ticksOf(segments[index + 1]?.startMs ?? Infinity, timescale);
    const d = Math.max(1, Math.min(ticksOf(endMs, timescale), nextTicks) - from);
    untilTicks = from + d;
    const last = entries.at(-1);
    if (followsOn && last?.d === d) last.r += 1;
    else entries.push({ t: followsOn ? undefined : from, d, r: 0 });
  }
  return entries.map(({ t, d, r }) => element('S', { t, d, r: r === 0 ? undefined : r }));
}

function ticksOf(ms: number, timescale: number): number {
  return Math.round((ms * timescale) / 1000);
}
