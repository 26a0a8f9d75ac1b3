import type { HttpConfig, IceServer } from './config.ts';
import { turnLogin, type TurnLogin } from './turn.ts';

/**
 * Link values for one client (RFC 9725 section 4.6), one for each ICE server and each meant for a header line of its own.
 * Logins made from a secret are fresh in every answer. Clients take the first servers of a list, some of them only so many:
 * STUN, then TURN over UDP, over TCP, and TLS last.
 */
export function iceLinks(
  { iceServers }: Pick<HttpConfig, 'iceServers'>,
  nowMs: number,
  userAgent: string,
): string[] {
  const knows = isObs(userAgent) ? (kind: ServerKind) => kind <= serverKinds.turnUdp : () => true;
  return iceServers
    .map((server) => ({ server, kind: kindOf(server.url) }))
    .filter(({ kind }) => knows(kind))
    .sort((one, other) => one.kind - other.kind)
    .map(({ server }) => linkValue(server.url, loginOf(server, nowMs)));
}

/** In the order in which clients hear of them. */
const serverKinds = { stun: 0, turnUdp: 1, turnTcp: 2, turnTls: 3 } as const;
type ServerKind = (typeof serverKinds)[keyof typeof serverKinds];

/** RFC 7065 section 3.1: `turn:` without a transport is UDP. */
function kindOf(url: string): ServerKind {
  if (url.startsWith('stun:')) return serverKinds.stun;
  if (url.startsWith('turns:')) return serverKinds.turnTls;
  return /[?&]transport=tcp$/i.test(url) ? serverKinds.turnTcp : serverKinds.turnUdp;
}

/** OBS relays over UDP alone (libjuice), warns about every other server, and uses only the first few. */
function isObs(userAgent: string): boolean {
  return userAgent.includes('OBS-Studio/');
}

function loginOf({ username, credential, secret, ttlS }: IceServer, nowMs: number): TurnLogin | undefined {
  if (secret !== undefined) return turnLogin(secret, nowMs + ttlS * 1000);
  return username === undefined ? undefined : { username, credential: credential ?? '' };
}

/** Clients read this with regular expressions and by splitting at commas: the order is fixed and values are quoted. */
function linkValue(url: string, login: TurnLogin | undefined): string {
  const shown =
    login === undefined
      ? ''
      : `; username="${quoted(login.username)}"; credential="${quoted(login.credential)}"; credential-type="password"`;
  return `<${url}>; rel="ice-server"${shown}`;
}

function quoted(text: string): string {
  return text.replaceAll(/["\\]/g, (character) => `\\${character}`);
}
