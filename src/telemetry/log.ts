import pino, { type DestinationStream } from 'pino';
import type { Log } from '#src/core/log.ts';
import type { TelemetryConfig } from './config.ts';

/** Never in a log: credentials, session descriptions, and where people are. */
const secrets = ['token', 'authorization', 'password', 'credential', 'sdp', 'offer', 'answer', 'address'];

/** The log of the process: pino, as JSON lines (to `json`, by default the standard output) or as text for people. */
export function openLog(
  { logLevel, logFormat }: TelemetryConfig,
  isTerminal: boolean,
  json?: DestinationStream,
): Log {
  const text = logFormat === 'text' || (logFormat === 'auto' && isTerminal);
  const redact = { paths: secrets.flatMap((name) => [name, `*.${name}`]), censor: '[hidden]' };
  const options = { level: logLevel, redact, base: null };
  return text ? pino(options, textLines) : pino(options, json ?? pino.destination({ sync: true }));
}

const paint: Readonly<Record<string, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info ',
  40: 'warn ',
  50: 'ERROR',
  60: 'FATAL',
};
/** Fields that have a place of their own in a text line. */
const shown = new Set(['level', 'time', 'msg', 'room', 'streamId', 'err']);

/** pino's JSON lines as `12:34:56 info  [stream] sentence key=value`. */
const textLines: DestinationStream = {
  write(line: string): void {
    process.stdout.write(`${toText(JSON.parse(line) as Record<string, unknown>)}\n`);
  },
};

/** One log record as a line of text. */
export function toText(record: Readonly<Record<string, unknown>>): string {
  const time = new Date(Number(record['time'])).toISOString().slice(11, 19);
  const level = paint[String(record['level'])] ?? '?';
  const subject = [record['room'], record['streamId']].filter((part) => typeof part === 'string').join(' ');
  const fields = Object.entries(record)
    .filter(([key, value]) => !shown.has(key) && value !== undefined)
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('');
  const error = record['err'] as { readonly stack?: string } | undefined;
  return `${time} ${level} ${subject === '' ? '' : `[${subject}] `}${String(record['msg'])}${fields}${error?.stack ? `\n${error.stack}` : ''}`;
}
