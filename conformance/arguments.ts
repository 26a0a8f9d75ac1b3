import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Level } from './check.ts';
import type { Settings } from './context.ts';

/** What the command line asks for. */
export interface Command {
  readonly settings: Settings;
  readonly only: readonly string[];
  readonly list: boolean;
  readonly markdown: boolean;
  readonly json: boolean;
  readonly help: boolean;
  /** Failures count from this level on. */
  readonly failOn: Level;
}

/** What `--help` prints. */
export const usage = `WHIP and WHEP conformance: one test for each rule of the specifications, against any server.

  npm run conformance -- --whip URL --whep URL [options]

  --whip URL           WHIP endpoint of a stream that may be published to
  --whep URL           WHEP endpoint of the same stream (or of one that somebody publishes)
  --token TEXT         goes into Authorization: Bearer of every request
  --view-token TEXT    the same for WHEP, when it differs
  --bad-token TEXT     a token that must be refused (default: random)
  --busy-whip URL      endpoints that take no more sessions, for the rules about
  --busy-whep URL      redirects, 503 and 429
  --only ID            only this test, or those that begin so: whip, whep-restart (may be repeated)
  --fail-on LEVEL      exit code 1 for failures from this level on: MUST (default), SHOULD, MAY, house
  --timeout SECONDS    of one request (default 10)
  --max-wait SECONDS   longest wait for something to expire (default 5)
  --insecure           take certificates that nobody vouches for
  --json               results as JSON
  --list [--markdown]  name the tests instead of running them
`;

const levels: readonly Level[] = ['MUST', 'SHOULD', 'MAY', 'house'];

const options = {
  whip: { type: 'string' },
  whep: { type: 'string' },
  'busy-whip': { type: 'string' },
  'busy-whep': { type: 'string' },
  token: { type: 'string' },
  'view-token': { type: 'string' },
  'bad-token': { type: 'string' },
  only: { type: 'string', multiple: true },
  'fail-on': { type: 'string', default: 'MUST' },
  timeout: { type: 'string', default: '10' },
  'max-wait': { type: 'string', default: '5' },
  insecure: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  markdown: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Reads the command line; throws with what to do about it. */
export function readArguments(args: readonly string[]): Command {
  const { values } = parseArgs({ args: [...args], options, strict: true });
  const failOn = levels.find((level) => level.toLowerCase() === values['fail-on'].toLowerCase());
  if (failOn === undefined) throw new Error(`--fail-on is one of ${levels.join(', ')}`);
  const runs = !values.list && !values.help;
  if (runs && values.whip === undefined && values.whep === undefined)
    throw new Error('give --whip URL, --whep URL or both; --help says more');
  const settings: Settings = {
    ...given('whip', url('--whip', values.whip)),
    ...given('whep', url('--whep', values.whep)),
    ...given('busyWhip', url('--busy-whip', values['busy-whip'])),
    ...given('busyWhep', url('--busy-whep', values['busy-whep'])),
    ...given('token', values.token),
    ...given('viewToken', values['view-token']),
    badToken: values['bad-token'] ?? randomBytes(16).toString('base64url'),
    insecure: values.insecure,
    timeoutMs: milliseconds('--timeout', values.timeout),
    maxWaitMs: milliseconds('--max-wait', values['max-wait']),
  };
  const { list, markdown, json, help, only = [] } = values;
  return { settings, only: only.flatMap((ids) => ids.split(',')), list, markdown, json, help, failOn };
}

function given<Name extends string>(
  name: Name,
  value: string | undefined,
): Partial<Readonly<Record<Name, string>>> {
  return value === undefined ? {} : ({ [name]: value } as Readonly<Record<Name, string>>);
}

function url(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new Error(`${option} ${text}: not an http or https URL`);
  return new URL(text).href;
}

function milliseconds(option: string, text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 600)) throw new Error(`${option} ${text}: give seconds, up to 600`);
  return seconds * 1000;
}
