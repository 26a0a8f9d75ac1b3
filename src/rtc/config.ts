import { z } from 'zod';
import { commaSeparated } from '#src/settings/shared.ts';

const host = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,253}$/, 'must be an IP address or a host name, without a port')
  .describe('IP address or host name');

/** The WebRTC side: its UDP and TCP ports, what it advertises, how patient it is. */
export const rtcConfig = z
  .object({
    port: z
      .int()
      .min(0)
      .max(65_535)
      .default(8189)
      .describe(
        'UDP port of all WebRTC media; further media workers have the ports behind it; 0 lets the system choose',
      )
      .meta({ reload: 'restart' }),
    tcpPort: z
      .union([z.literal('same'), z.literal('off'), z.int().min(0).max(65_535)])
      .default('same')
      .describe(
        'TCP port of WebRTC media for publishers and viewers whose UDP is blocked, one for all media workers; "same" is the number of the (first) UDP port, "off" leaves UDP alone',
      )
      .meta({ reload: 'restart' }),
    tcpMaxConnections: z
      .int()
      .min(1)
      .max(100_000)
      .default(4_000)
      .describe('Connections at a time on the TCP port of WebRTC media; each takes two sockets')
      .meta({ reload: 'restart' }),
    tcpMaxConnectionsPerAddress: z
      .int()
      .min(1)
      .max(100_000)
      .default(500)
      .describe('Such connections from one address; raise it behind a load balancer, which hides addresses')
      .meta({ reload: 'restart' }),
    bindAddress: z
      .union([z.ipv4(), z.ipv6()])
      .optional()
      .describe(
        'Local address that the media ports are bound to; default: all. To be set where clients reach this machine at another address than its first one, e.g. a floating address: answers must come from the address that was asked',
      )
      .meta({ reload: 'restart' }),
    addresses: z
      .preprocess(commaSeparated, z.array(host).max(16))
      .default([])
      .describe(
        'Addresses under which clients reach the UDP and TCP ports, best first: a list or comma-separated; names are resolved at start. Empty: all addresses of this machine, loopback last',
      )
      .meta({ reload: 'restart' }),
    maxPeers: z
      .int()
      .min(1)
      .default(2_000)
      .describe('WebRTC sessions this node holds at a time, publishers included')
      .meta({ reload: 'restart' }),
    negotiationTimeoutMs: z
      .int()
      .min(100)
      .default(2_000)
      .describe('Longest time an offer waits for its answer before it is refused with 503')
      .meta({ reload: 'restart' }),
    handshakeTimeoutMs: z
      .int()
      .min(1_000)
      .default(8_000)
      .describe(
        'Longest time from the answer to the first ICE check that proves itself, and from there to the end of the DTLS handshake; then the session is dropped',
      )
      .meta({ reload: 'restart' }),
    maxAudioTracks: z
      .int()
      .min(1)
      .max(8)
      .default(4)
      .describe(
        'Audio tracks that one publisher may send. The front row hears the first; LL-HLS viewers may choose among all of them, and each costs one AAC encode',
      )
      .meta({ reload: 'restart' }),
    transportCc: z
      .boolean()
      .default(true)
      .describe(
        'Negotiate transport-wide congestion control where it is offered; without it bandwidth is judged by REMB',
      )
      .meta({ reload: 'restart' }),
  })
  .strict();
export type RtcConfig = z.infer<typeof rtcConfig>;
