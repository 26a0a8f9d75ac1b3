import { z } from 'zod';
import { streamPattern } from '#src/settings/shared.ts';

const name = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, _ or -');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in 64 hexadecimal digits, lower case');
const minSecretBytes = 32;
const secret = z
  .string()
  .refine((text) => Buffer.byteLength(text) >= minSecretBytes, `must have ${minSecretBytes} bytes or more`);
const algorithm = z.enum(['EdDSA', 'ES256', 'HS256']);

const streamKey = z
  .object({
    name: name.describe('Who holds it; shown in logs'),
    sha256: sha256.describe('SHA-256 of the key; the key itself is never written down here'),
    stream: streamPattern.default('*').describe('Streams that it is for'),
    allow: z
      .array(z.enum(['publish', 'view']))
      .min(1)
      .default(['publish']),
  })
  .strict();

const verifyKey = z
  .object({
    kid: name.describe('Name of the key in the header of tokens'),
    algorithm,
    secret: secret.optional().describe('For HS256'),
    key: z
      .union([z.string(), z.record(z.string(), z.unknown())])
      .optional()
      .describe('Public key for EdDSA and ES256: PEM, or a JWK'),
    file: z.string().optional().describe('A file that holds the public key as PEM or JWK'),
  })
  .strict()
  .refine(
    ({ algorithm, secret, key, file }) =>
      [secret, key, file].filter((one) => one !== undefined).length === 1 &&
      (algorithm === 'HS256') === (secret !== undefined),
    'has a secret for HS256, and one of key and file for EdDSA and ES256',
  );

const signingKey = z
  .object({
    kid: name,
    algorithm,
    secret: secret.optional().describe('For HS256'),
    file: z.string().optional().describe('A file that holds the private key as PEM or JWK'),
  })
  .strict()
  .refine(
    ({ algorithm, secret, file }) =>
      (secret === undefined) !== (file === undefined) && (algorithm === 'HS256') === (secret !== undefined),
    'has a secret for HS256, and a file for EdDSA and ES256',
  );

const passKey = z
  .object({
    // No dots: they divide a pass.
    kid: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be 1 to 32 letters, digits, _ or -'),
    secret,
  })
  .strict();

const live = { reload: 'live' } as const;
const flag = (text: string) => z.boolean().default(false).describe(text).meta(live);
const names = (list: readonly { readonly name: string }[]): boolean =>
  new Set(list.map((one) => one.name)).size === list.length;

/** How LL-HLS is watched by players that can send no header, and through caches that check for themselves. */
const passes = {
  passKeys: z
    .array(passKey)
    .max(8)
    .refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, 'two keys have the same kid')
    .default([])
    .describe(
      'Keys of LL-HLS passes (docs/cdn.md): the first signs, all are good; put a new one first and remove the old one later. Without any, a key of this process, which no cache knows and which a restart changes',
    )
    .meta(live),
  passLifetimeS: z
    .int()
    .min(30)
    .max(86_400)
    .default(600)
    .describe(
      'Seconds that an LL-HLS pass is good for, up to a minute longer; it cannot be taken back before',
    )
    .meta(live),
  edgeKeys: z
    .array(z.object({ name, sha256 }).strict())
    .max(16)
    .refine(names, 'two keys have the same name')
    .default([])
    .describe(
      'Keys of caches that check passes themselves, kept as hashes: what comes with "Frontrow-Edge: KEY" is not asked for a pass',
    )
    .meta(live),
};

/** Who may publish, watch and operate. Without anything in it nobody is asked, and only this machine is listened to. */
export const authConfig = z
  .object({
    streamKeys: z
      .array(streamKey)
      .max(1_000)
      .refine(names, 'two keys have the same name')
      .default([])
      .describe('Keys of publishers and viewers, as hashes; npm run token -- --new-key NAME makes one')
      .meta(live),
    operateKeys: z
      .array(z.object({ name, sha256 }).strict())
      .max(100)
      .refine(names, 'two keys have the same name')
      .default([])
      .describe('Keys for /api, /metrics and the dashboard, kept as hashes')
      .meta(live),
    issuer: z.string().min(1).default('frontrow').describe('The iss claim of every token').meta(live),
    jwtKeys: z
      .array(verifyKey)
      .max(32)
      .default([])
      .describe('Keys that tokens (JWT) of others are checked with')
      .meta(live),
    jwksUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Where the issuer publishes its keys (JWKS); they may rotate')
      .meta(live),
    signingKey: signingKey
      .optional()
      .describe('Key that this node signs tokens with, at POST /api/tokens and npm run token')
      .meta(live),
    maxPublishLifetimeS: z
      .int()
      .min(60)
      .max(604_800)
      .default(43_200)
      .describe('Seconds that a token for publishing or operating may have left when it is shown')
      .meta(live),
    maxViewLifetimeS: z
      .int()
      .min(10)
      .max(604_800)
      .default(300)
      .describe(
        'The same for a token to watch; a WebRTC session that began lives on, LL-HLS needs a valid one',
      )
      .meta(live),
    revocationsFile: z
      .string()
      .max(4_096)
      .default('')
      .describe(
        'Where the names of revoked tokens are kept, so that a restart does not make them good again; empty: revoked-tokens.json in record.directory',
      )
      .meta({ reload: 'restart' }),
    webhookUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('A service of yours that is asked about everybody who publishes or watches')
      .meta(live),
    webhookSecret: secret.optional().describe('Requests to webhookUrl are signed with it').meta(live),
    ...passes,
    allowedHosts: z
      .array(z.string().regex(/^[A-Za-z0-9.:_-]+$/, 'must be a host name or an address'))
      .max(32)
      .default([])
      .describe('Hosts of webhookUrl and jwksUrl that may be called without TLS and at private addresses')
      .meta(live),
    strictSessions: flag(
      'PATCH and DELETE need the token that opened the session; otherwise its unguessable URL is enough',
    ),
    openInteractive: flag('Everybody may watch over WebRTC, whatever publishers need'),
    openBroadcast: flag('Everybody may watch over LL-HLS, whatever publishers need; caches may keep it'),
    allowOpen: flag(
      'Without any key or token set: lets everybody in who reaches this machine, beyond loopback too',
    ),
  })
  .strict()
  .refine(({ webhookUrl, webhookSecret }) => (webhookUrl === undefined) === (webhookSecret === undefined), {
    message: 'webhookUrl and webhookSecret come together',
    path: ['webhookSecret'],
  });
/** Settings of the auth room. */
export type AuthConfig = z.infer<typeof authConfig>;
/** A key that tokens are checked with. */
export type VerifyKey = AuthConfig['jwtKeys'][number];
/** The key that tokens are signed with. */
export type SigningKey = NonNullable<AuthConfig['signingKey']>;

/** Whether anybody is asked for anything. */
export function asksForTokens(config: AuthConfig): boolean {
  return (
    config.streamKeys.length > 0 ||
    config.operateKeys.length > 0 ||
    config.jwtKeys.length > 0 ||
    config.jwksUrl !== undefined ||
    config.signingKey !== undefined ||
    config.webhookUrl !== undefined
  );
}
