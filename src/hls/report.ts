import type { RenditionReport } from '#src/core/cmaf.ts';
import type { Rendition } from './rendition.ts';

/** A rendition as operators see it. */
export function reportOf(rendition: Rendition): RenditionReport {
  const { id, kind, facts, window, parts, timing } = rendition;
  return {
    rendition: id,
    kind,
    codecs: facts.codecs,
    width: facts.width,
    height: facts.height,
    bitrateBps: window.bitrates().averageBps,
    segment: window.last.msn,
    parts,
    partTargetMs: timing.partTargetMs,
    segmentTargetMs: timing.segmentTargetMs,
  };
}
