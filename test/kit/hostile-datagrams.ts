import { bindingRequest } from '#test/integration/media-kit.ts';
import { seeded } from './lossy-leg.ts';

/** One datagram of an attack, and where it seems to come from. */
export interface HostileDatagram {
  readonly bytes: Buffer;
  /** Sent from the address of a client that the gateway has verified. */
  readonly spoofed: boolean;
}

/** What an attacker knows who reads along and has a session of his own. */
export interface Loot {
  /** Names of live sessions. */
  readonly ufrags: readonly string[];
  readonly ssrcs: readonly number[];
  /** What live clients sent. */
  readonly captured: readonly Buffer[];
}

type Maker = (random: () => number, loot: Loot) => Buffer;

const pick = <T>(random: () => number, all: readonly T[]): T | undefined =>
  all[Math.floor(random() * all.length)];
const noise: Maker = (random) => {
  const bytes = Buffer.alloc(Math.floor(random() * 1_200));
  for (let at = 0; at < bytes.length; at += 7) bytes[at] = Math.floor(random() * 256);
  return bytes;
};
const behind =
  (head: string): Maker =>
  (random, loot) =>
    Buffer.concat([Buffer.from(head, 'hex'), noise(random, loot)]);
const stolen: Maker = (random, { captured }) => Buffer.from(pick(random, captured) ?? Buffer.alloc(0));
const damaged: Maker = (random, loot) => {
  const bytes = stolen(random, loot);
  const at = Math.floor(random() * bytes.length);
  if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  return bytes;
};
const cut: Maker = (random, loot) => {
  const bytes = stolen(random, loot);
  return bytes.subarray(0, Math.floor(random() * bytes.length));
};
/** The name is right and the password is not. */
const forgedCheck: Maker = (random, { ufrags }) =>
  bindingRequest(`${pick(random, ufrags) ?? 'none'}:x`, 'a wrong password altogether');
/** Plain RTP and RTCP about a live SSRC, by whoever has no keys. */
const forgedMedia: Maker = (random, loot) => {
  const bytes = Buffer.concat([Buffer.from('8060', 'hex'), noise(random, loot), Buffer.alloc(30)]);
  bytes[1] = pick(random, [96, 97, 111, 200, 201, 203, 205, 206]) ?? 96;
  bytes.writeUInt32BE(pick(random, loot.ssrcs) ?? 1, random() < 0.5 ? 8 : 4);
  return bytes;
};

/** First bytes of STUN, of DTLS (a clear hello, an alert, a protected record), of RTP and of RTCP (RFC 7983). */
const makers: readonly (readonly [maker: Maker, spoofed: boolean])[] = [
  [noise, false],
  [behind('000100002112a442'), false],
  [behind('16fefd0000'), false],
  [behind('8060'), false],
  [behind('80c80006'), false],
  [forgedCheck, false],
  [forgedMedia, false],
  [stolen, false],
  [damaged, false],
  [cut, false],
  [noise, true],
  [forgedCheck, true],
  [forgedMedia, true],
  [stolen, true],
  [damaged, true],
  [cut, true],
  [behind('16fefd000000000000000000'), true],
  // Fatal alerts in the clear, each of them the end of the session for whoever believes it.
  [() => Buffer.from('15fefd000000000000000000020228', 'hex'), true],
];

/** The same attack for the same seed and loot: every kind of datagram in turn. */
export function* hostileDatagrams(seed: number, loot: () => Loot): Generator<HostileDatagram, never> {
  const random = seeded(seed);
  for (let turn = 0; ; turn++) {
    const [maker, spoofed] = makers[turn % makers.length] ?? [noise, false];
    yield { bytes: maker(random, loot()), spoofed };
  }
}
