/** How the video of a session is called: by the order of m-lines in its SDP, and by its mid (RFC 8843 section 15.2). */
export interface MediaId {
  readonly index: string;
  readonly mid: string;
}

/** Names the first video section of an SDP. */
export function videoLineOf(sdp: string): MediaId {
  const sections = sdp.split(/^m=/m).slice(1);
  const at = Math.max(
    0,
    sections.findIndex((section) => section.startsWith('video ')),
  );
  const index = at.toString();
  return { index, mid: /^a=mid:(\S+)/m.exec(sections[at] ?? '')?.[1] ?? index };
}
