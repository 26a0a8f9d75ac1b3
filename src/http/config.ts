import { z } from 'zod';

const iceServer = z
  .object({
    url: z
      .string()
      .regex(
        /^(stun|turn|turns):[^\s,;<>"]+$/,
        'must be stun:, turn: or turns: without blanks, commas or semicolons',
      )
      .describe('As in RFC 7064 and 7065, e.g. turn:turn.example.org:3478?transport=udp'),
    username: z.string().optional().describe('TURN user name'),
    credential: z.string().optional().describe('TURN password'),
  })
  .strict();

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
      .default('::')
      .describe('Address to listen on; :: is every IPv4 and IPv6 address, 127.0.0.1 this machine only')
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
    corsOrigin: z
      .string()
      .default('*')
      .describe('Value of Access-Control-Allow-Origin for WHIP, WHEP and the API')
      .meta({ reload: 'live' }),
    iceServers: z
      .array(iceServer)
      .max(8)
      .default([])
      .describe('STUN and TURN servers that WHIP and WHEP clients are told of, TURN over UDP first')
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
  })
  .strict();
export type HttpConfig = z.infer<typeof httpConfig>;
export type IceServer = z.infer<typeof iceServer>;
