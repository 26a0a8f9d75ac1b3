/**
 * Layout of the memory that one publication's workers share: a few words that are only ever touched with Atomics, then a ring
 * of records, each a multiple of 8 bytes: its length and a mark in 4 bytes each, then its body. Only the publication's home
 * worker writes records; any number of others read them, each at its own pace.
 */
export const ringHeadBytes = 64;

/** Indices of the words in the head. */
export const ringWord = {
  /** Units of 8 bytes ever written; wraps after 32 GiB. */
  written: 0,
  /** What readers ask for: see {@link ringAsk}. */
  asked: 1,
  /** One bit for each video layer of which a reader needs a keyframe. */
  wanted: 2,
} as const;

/** Bits of the word in which readers ask the writer. */
export const ringAsk = {
  /** The whole state. */
  state: 1,
  /** The packets from the last keyframe on. */
  recount: 2,
} as const;

export const unitBytes = 8;
/** Largest record: an RTP packet needs a quarter of it, the state of a publisher with every codec there is a tenth. */
export const maxRecordBytes = 256 * 1024;
/**
 * A reader that is less than this ahead of being overtaken counts as overtaken: the writer is at most one record and one gap
 * beyond what it has announced, and the rest is for processors that let a write be seen before an earlier one.
 */
export const guardBytes = 4 * maxRecordBytes;
/** One second at 60 Mbit/s: a worker that sleeps for longer has lost its viewers anyway. */
export const ringBytes = 8 * 1024 * 1024;

export const recordMark = 1;
/** Nothing until the ring's end: records lie in one piece. */
export const gapMark = 2;

/** Memory for one publication; the ring's size must be a power of two. */
export function sharedRingMemory(bytes: number = ringBytes): SharedArrayBuffer {
  if ((bytes & (bytes - 1)) !== 0 || bytes < 2 * guardBytes) {
    throw new RangeError(`a shared ring holds a power of two of bytes, at least ${String(2 * guardBytes)}`);
  }
  return new SharedArrayBuffer(ringHeadBytes + bytes);
}
