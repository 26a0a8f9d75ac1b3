import type { Source, SourcePacket } from '../source.ts';

/** Whether two sources are layers of the same stream: what one has decoded is of use for the other. */
export function sameStream(a: Source, b: Source): boolean {
  return a.stream === b.stream;
}

/**
 * Whether a viewer that got `from` of the same stream can go on with this packet of another set of its layers.
 *
 * Down is possible with any picture, since who has more layers has all that the fewer ones refer to. Up to more spatial layers
 * takes a keyframe: where a picture's upper layer can be decoded without its past, that is known only once the lower layer of
 * the same picture has gone out, marked as the picture's last. Up to more temporal layers is possible where the stream says so.
 */
export function canContinue(packet: SourcePacket, from: Source): boolean {
  const { switching, source } = packet;
  if (switching?.possible !== true) return false;
  if (packet.keyframe) return true;
  if (source.spatial > from.spatial) return false;
  if (source.temporal <= from.temporal) return true;
  return from.temporal >= switching.riseFrom && (switching.riseTo & (1 << source.temporal)) !== 0;
}

/** Whether going from one source to another takes a keyframe; else the stream will offer a way before long. */
export function takesKeyframe(from: Source, to: Source): boolean {
  return !sameStream(from, to) || to.spatial > from.spatial;
}
