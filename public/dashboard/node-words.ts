import type { NodeView } from '../shared/api-types.ts';
import { formatCount, formatLatency, plural } from '../shared/format.ts';
import { encoderName } from './qualities.ts';
import type { Row } from './row.ts';

/** Who encrypts and sends, and what to do when it could be faster. */
export function engineText({ engine, rtcPorts }: NodeView): string {
  const workers = plural(rtcPorts.length, 'worker');
  if (engine === 'native') return `native engine, ${workers}`;
  return `TypeScript engine, ${workers} (faster on Linux: install g++, then npm run build:native)`;
}

/** Which FFmpeg, and the hardware that encodes for it where some was found. */
export function ffmpegText({ ffmpeg }: NodeView): string {
  if (!ffmpeg.available) return 'no FFmpeg';
  const working = (ffmpeg.hardware ?? []).filter(({ works }) => works === true);
  const hardware = working.map(({ name }) => encoderName(name)).join(', ');
  return `FFmpeg ${ffmpeg.version ?? ''}${hardware === '' ? '' : ` with ${hardware}`}`;
}

/** `8189`, or `8189 to 8192`; ports that do not follow each other one by one. */
export function portsText(ports: readonly number[]): string {
  const [first = 0] = ports;
  const last = ports.at(-1) ?? first;
  if (ports.length < 2) return String(first);
  const isRange = ports.every((port, index) => port === first + index);
  return isRange ? `${first} to ${last}` : ports.join(', ');
}

/** Headings of {@link workerRows}. */
export const workerHeadings = [
  'UDP port',
  'Engine',
  'Sessions',
  'Longest wait',
  'Packets out',
  'Taken over',
  'Too late',
] as const;

/** The media workers, one row each. */
export function workerRows({ workers }: NodeView): readonly Row[] {
  return workers.map((worker) => [
    String(worker.port),
    worker.engine === 'native' ? 'native' : 'TypeScript',
    formatCount(worker.peers),
    formatLatency(worker.loopDelayMs),
    formatCount(worker.datagramsOut),
    formatCount(worker.mirrored),
    { text: formatCount(worker.mirrorLapses), hot: worker.mirrorLapses > 0 },
  ]);
}
