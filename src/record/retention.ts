/** What retention looks at. */
export interface Kept {
  readonly key: string;
  readonly startedWallMs: number;
  /** Undefined while it grows: then it is never removed. */
  readonly endedWallMs: number | undefined;
  readonly bytes: number;
  /** The object store does not have it yet: neither age nor size removes it before that. */
  readonly awaited?: boolean;
}

/** How much is kept; 0 stands for no limit. */
export interface RetentionRules {
  readonly maxAgeMs: number;
  readonly maxTotalBytes: number;
  readonly maxRecordings: number;
}

/** Which recordings have to go, the oldest first: those past their age, and then as many as bring the rest below the limits. */
export function outlived(all: readonly Kept[], rules: RetentionRules, nowMs: number): readonly string[] {
  let bytes = all.reduce((sum, one) => sum + one.bytes, 0);
  let count = all.length;
  const gone: string[] = [];
  for (const one of all.toSorted((a, b) => a.startedWallMs - b.startedWallMs)) {
    if (one.endedWallMs === undefined) continue;
    const may = one.awaited !== true;
    const old = may && rules.maxAgeMs > 0 && nowMs - one.endedWallMs > rules.maxAgeMs;
    const heavy = may && rules.maxTotalBytes > 0 && bytes > rules.maxTotalBytes;
    if (!old && !heavy && count <= rules.maxRecordings) continue;
    gone.push(one.key);
    bytes -= one.bytes;
    count -= 1;
  }
  return gone;
}
