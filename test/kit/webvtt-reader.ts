/** Reads WebVTT strictly and apart from the code under test (WebVTT section 4, RFC 8216bis section 3.1.4). */

export interface ReadCue {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly settings: string;
  /** As it is in the file: escapes stay. */
  readonly text: string;
}

export interface ReadVtt {
  /** Media time, in ticks of 90 kHz, at the cue time of `localMs`. */
  readonly mpegTs: number;
  readonly localMs: number;
  readonly cues: readonly ReadCue[];
}

const time = String.raw`(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})`;
const timing = new RegExp(`^${time} --> ${time}((?: [a-z]+:\\S+)*)$`);
const map = new RegExp(`^X-TIMESTAMP-MAP=MPEGTS:(\\d+),LOCAL:${time}$`);

/** Throws for whatever a strict parser would pass over. */
export function readVtt(text: string): ReadVtt {
  const [head = '', ...blocks] = text.replace(/\n+$/, '').split(/\n{2,}/);
  const [signature, mapLine = '', ...rest] = head.split('\n');
  const read = map.exec(mapLine);
  if (signature !== 'WEBVTT' || !read || rest.length > 0) throw new Error(`no header: ${head}`);
  const [, mpegTs, ...local] = read;
  const cues = blocks.map(readCue);
  if (new Set(cues.map(({ id }) => id)).size !== cues.length) throw new Error('an id stands twice');
  cues.reduce((before, { startMs }) => {
    if (startMs < before) throw new Error('cues are not in the order of their starts');
    return startMs;
  }, 0);
  return { mpegTs: Number(mpegTs), localMs: toMs(local), cues };
}

function readCue(block: string): ReadCue {
  const [id = '', line = '', ...text] = block.split('\n');
  const read = timing.exec(line);
  if (id === '' || id.includes('-->') || !read || text.length === 0) throw new Error(`no cue: ${block}`);
  if (text.some((one) => one.includes('-->') || /<|&(?!amp;|lt;|gt;)/.test(one)))
    throw new Error(`markup in a cue: ${block}`);
  const startMs = toMs(read.slice(1, 5));
  const endMs = toMs(read.slice(5, 9));
  if (endMs <= startMs) throw new Error(`a cue of no length: ${block}`);
  return { id, startMs, endMs, settings: (read[9] ?? '').trim(), text: text.join('\n') };
}

function toMs([hours, minutes, seconds, ms]: readonly (string | undefined)[]): number {
  return Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1000 + Number(ms);
}
