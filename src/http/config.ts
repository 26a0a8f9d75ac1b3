import { z } from 'zod';
import { commaSeparated } from '#src/settings/shared.ts';

/** Clients cut Link headers at commas and semicolons, inside quotes too, and no header carries more than this surely. */
const login = z
  .string()
  .regex(/^[ -~]*$/, 'must be of ASCII characters')
  .regex(/^[^,;]*$/, 'must have no commas or semicolons: clients cut their list of servers there');

const iceServer = z
  .object({
    url: z
      .string()
      .regex(
        /^(stun|turn|turns):(?:(?![,;<>"])[!-~])+$/,
        'must be stun:, turn: or turns: in ASCII without blanks, commas or semicolons',
      )
      .describe('As in RFC 7064 and 7065, e.g. turn:turn.example.org:3478?transport=udp'),
    username: login.optional().describe('TURN user name that never changes'),
    credential: login.optional().describe('Its password'),
    secret: z
      .string()
      .min(8)
      .optional()
      .describe('Instead of both: the static-auth-secret of coturn, from which each client gets its own'),
    ttlS: z
      .int()
      .min(60)
      .max(86_400)
      .default(3_600)
      .describe('How long a client may begin to relay with what it got'),
  })
  .strict()
  .refine(
    ({ url, secret, username, credential }) =>
      secret === undefined ||
      (username === undefined && credential === undefined && !url.startsWith('stun:')),
    'takes username and credential, or a secret (TURN only), not both',
  );

/** A list, or text with commas. */
const list = <T extends z.ZodType>(items: T) => z.preprocess(commaSeparated, z.array(items).min(1).max(64));

const origin = z
  .string()
  .regex(
    /^(?:\*|null|[a-z][a-z0-9+.-]*:\/\/[^\s/,?#]+)$/,
    'must be *, or an origin as browsers send it: https://app.example.org',
  );

/** Who may ask for how much; see docs/failures.md for what is said to those who ask for more. */
const limits = {
  trustedProxies: z
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe(
      'Reverse proxies in front of this server that add to X-Forwarded-For; 0: whoever connects is the client, and the header is not believed',
    )
    .meta({ reload: 'live' }),
  joinsPerAddress: z
    .int()
    .min(1)
    .default(1_000)
    .describe(
      'New WHIP and WHEP sessions that one address (IPv4, or IPv6 /64) may open in 10 s, a lecture hall behind one router included; PATCH and DELETE count a quarter of one. A tenth as many wrong tokens are told what is wrong with them; right ones are good all the same, until wrong ones are five times as many',
    )
    .meta({ reload: 'live' }),
  joinsPerSubject: z
    .int()
    .min(1)
    .default(1_000)
    .describe('The same for all holders of one stream key, or of tokens with one subject, wherever they are')
    .meta({ reload: 'live' }),
  maxPendingSessions: z
    .int()
    .min(1)
    .default(200)
    .describe(
      'WebRTC sessions that are answered and not yet connected, publishers and viewers counted apart, half of them from one address; above it the oldest of the busiest address give way, or the newcomer is asked to come again',
    )
    .meta({ reload: 'live' }),
};

/** The HTTP side: where it listens, how it is called from outside. */
export const httpConfig = z
  .object({
    port: z
      .int()
      .min(0)
      .max(65_535)
      .default(8080)
      .describe('TCP port; 0 lets the system choose')
      .meta({ reload: 'restart' }),
    address: z
      .string()
      .default('127.0.0.1')
      .describe(
        'Address to listen on; 127.0.0.1 is this machine only, :: every IPv4 and IPv6 address: then auth must be set',
      )
      .meta({ reload: 'restart' }),
    tlsCertFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'PEM file with the certificate and those above it; with tlsKeyFile the server speaks HTTPS, and follows both files when they change',
      )
      .meta({ reload: 'restart' }),
    tlsKeyFile: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file with the private key of tlsCertFile')
      .meta({ reload: 'restart' }),
    http2: z
      .boolean()
      .default(true)
      .describe('With a certificate: HTTP/2 beside HTTP/1.1 on the same port, as clients like it')
      .meta({ reload: 'restart' }),
    publicUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe(
        'How clients reach this server, e.g. https://live.example.org; default: what the request named',
      )
      .meta({ reload: 'live' }),
    hlsBaseUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Where viewers fetch LL-HLS, e.g. https://cdn.example.org; default: this server')
      .meta({ reload: 'restart' }),
    hlsCookieDomain: z
      .string()
      .regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, 'must be a domain in lower case, e.g. example.org')
      .optional()
      .describe(
        'Domain of the cookie with the LL-HLS pass (docs/cdn.md), where http.hlsBaseUrl is another host of the same site; default: this host only',
      )
      .meta({ reload: 'live' }),
    hlsCookieSameSite: z
      .enum(['strict', 'lax', 'none'])
      .default('lax')
      .describe('Whether that cookie goes along from pages of other sites; none needs https')
      .meta({ reload: 'live' }),
    corsOrigin: list(origin)
      .default(['*'])
      .describe(
        'Origins (scheme, host and port, as browsers send them) whose pages may call WHIP, WHEP and the API: a list or comma-separated; * is every one',
      )
      .meta({ reload: 'live' }),
    iceServers: z
      .array(iceServer)
      .max(8)
      .default([])
      .describe('STUN and TURN servers that WHIP and WHEP clients are told of; see docs/turn.md')
      .meta({ reload: 'live' }),
    maxConnections: z
      .int()
      .min(1)
      .default(10_000)
      .describe('TCP connections at a time')
      .meta({ reload: 'restart' }),
    maxEventListeners: z
      .int()
      .min(0)
      .default(50)
      .describe('Open /api/events streams at a time (dashboards)')
      .meta({ reload: 'live' }),
    ...limits,
  })
  .strict()
  .refine(({ tlsCertFile, tlsKeyFile }) => (tlsCertFile === undefined) === (tlsKeyFile === undefined), {
    path: ['tlsKeyFile'],
    message: 'goes together with http.tlsCertFile',
  });
export type HttpConfig = z.infer<typeof httpConfig>;
export type IceServer = z.infer<typeof iceServer>;
