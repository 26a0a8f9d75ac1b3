import { parseArgs } from 'node:util';
import type { Action } from '#src/core/access.ts';
import { globText } from '#src/core/glob.ts';
import type { TokenWish } from '#src/core/token-desk.ts';
import { Failure } from '#src/core/failure.ts';
import { ladderNames, parseLadder } from '#src/core/ladder.ts';
import { randomBytes } from '#src/core/random.ts';
import { authConfig, type AuthConfig } from './config.ts';
import { readKeyRing } from './keys.ts';
import { mintToken } from './mint.ts';
import { digestOf } from './secrets.ts';

/** What `npm run token` answers to --help. */
export const tokenHelp = `Makes tokens and stream keys.

  npm run token -- --stream live --play --minutes 5     a token to watch "live"
  npm run token -- --stream live --publish              one to publish it, good for an hour
  npm run token -- --operate                            one for /api, /metrics and the dashboard
  npm run token -- --new-key studio --stream live       a fresh stream key, shown once, and its hash

For scripts, "node scripts/token.mjs" with the same options prints the token and nothing else.

  --stream NAME       a stream, or a pattern with * and ?; default: every stream
  --minutes N         lifetime of a token; default 5 to watch, 60 otherwise
  --tier TIER         interactive or broadcast: opens this way of watching only
  --max-height N      the largest picture in lines that the viewer may get
  --ladder NAME       LL-HLS qualities of what is published with it: passthrough, ladder-2, ladder-3, ladder-4
  --subject NAME      who it is for
  --config FILE       settings, for auth.signingKey; default: frontrow.yaml and FRONTROW_AUTH__SIGNING_KEY
  --new-key NAME      a key that does not expire, for --publish (default), --play or --operate
`;

const options = {
  stream: { type: 'string', default: '*' },
  play: { type: 'boolean', default: false },
  publish: { type: 'boolean', default: false },
  operate: { type: 'boolean', default: false },
  minutes: { type: 'string' },
  tier: { type: 'string' },
  'max-height': { type: 'string' },
  ladder: { type: 'string' },
  subject: { type: 'string', default: 'minted' },
  config: { type: 'string' },
  'new-key': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** The command line, read. */
export type TokenCommand =
  | { readonly do: 'help' }
  | { readonly do: 'key'; readonly name: string; readonly stream: string; readonly allow: readonly Action[] }
  | { readonly do: 'token'; readonly wish: TokenWish; readonly configFile: string | undefined };

/** Reads the arguments; throws `bad-arguments`. */
export function readTokenCommand(args: readonly string[]): TokenCommand {
  const values = parsed(args);
  if (values.help) return { do: 'help' };
  const actions = actionsOf(values);
  const { stream, subject } = values;
  if (!globText.test(stream))
    throw badArguments('--stream is a stream name, with * and ? for any characters');
  const name = values['new-key'];
  if (name !== undefined)
    return { do: 'key', name, stream, allow: actions.length === 0 ? ['publish'] : actions };
  const [action, another] = actions;
  if (action === undefined || another !== undefined)
    throw badArguments('say what the token is for: --play, --publish or --operate');
  const minutes =
    values.minutes === undefined ? (action === 'view' ? 5 : 60) : positive('minutes', values.minutes);
  const height = values['max-height'];
  const wish = {
    subject,
    action,
    stream,
    expiresInS: Math.round(minutes * 60),
    tier: tierOf(values.tier),
    maxHeight: height === undefined ? undefined : positive('max-height', height),
    ladder: ladderOf(values.ladder, action),
  };
  return { do: 'token', wish, configFile: values.config };
}

/** Signs a token with the settings' signing key, without a running gateway. Throws `no-signing-key`, `token-lifetime`, `bad-auth-key`. */
export async function tokenText(wish: TokenWish, config: AuthConfig, nowMs: number): Promise<string> {
  const { token } = await mintToken(wish, { config, key: readKeyRing(config).sign, nowMs });
  return token;
}

/** A fresh key, told once, and the lines of settings that know it by its hash. Throws `bad-arguments` for a bad name. */
export function newKeyText({ name, stream, allow }: Extract<TokenCommand, { readonly do: 'key' }>): string {
  const key = randomBytes(24).toBase64Url();
  const sha256 = digestOf(key).toString('hex');
  const isOperator = allow.includes('operate');
  if (isOperator && allow.length > 1)
    throw badArguments('a key to operate is for nothing else; make another one');
  const streamAllow = allow.filter((action) => action !== 'operate');
  const entry = isOperator ? { name, sha256 } : { name, sha256, stream, allow: streamAllow };
  const setting = isOperator ? 'operateKeys' : 'streamKeys';
  const checked = authConfig.safeParse({ [setting]: [entry] });
  if (!checked.success)
    throw badArguments('--new-key takes a name of 1 to 64 letters, digits, dots, _ and hyphens');
  const flow = isOperator
    ? `{ name: ${name}, sha256: ${sha256} }`
    : `{ name: ${name}, sha256: ${sha256}, stream: '${stream}', allow: [${streamAllow.join(', ')}] }`;
  return [
    'The key, shown this once. Whoever has it sends it as "Authorization: Bearer …" (in OBS: Bearer Token):',
    '',
    `  ${key}`,
    '',
    'What the gateway keeps of it, in frontrow.yaml (it is read again when saved):',
    '',
    'auth:',
    `  ${setting}:`,
    `    - ${flow}`,
    '',
  ].join('\n');
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

function parsed(args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw badArguments(error instanceof Error ? (error.message.split('. ', 1)[0] ?? '') : String(error));
  }
}

function actionsOf({ publish, play, operate }: Values): readonly Action[] {
  return [
    ...(publish ? (['publish'] as const) : []),
    ...(play ? (['view'] as const) : []),
    ...(operate ? (['operate'] as const) : []),
  ];
}

function tierOf(text: string | undefined): TokenWish['tier'] {
  if (text === undefined || text === 'interactive' || text === 'broadcast') return text;
  throw badArguments('--tier is interactive or broadcast');
}

function ladderOf(text: string | undefined, action: Action): TokenWish['ladder'] {
  if (text === undefined) return undefined;
  const ladder = parseLadder(text);
  if (ladder === undefined) throw badArguments(`--ladder is one of ${ladderNames.join(', ')}`);
  if (action !== 'publish') throw badArguments('--ladder is for --publish');
  return ladder;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1e6)) throw badArguments(`--${name} is a number above 0`);
  return value;
}

function badArguments(message: string): Failure {
  return new Failure('invalid', 'bad-arguments', `${message}; --help shows what there is`);
}
