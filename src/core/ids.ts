import { randomBytes } from './random.ts';

declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** Name of a stream, chosen by whoever publishes it: 1 to 64 of `A-Z a-z 0-9 . _ -`, first a letter or digit. */
export type StreamId = Branded<string, 'StreamId'>;
/** Unguessable name of one WHIP or WHEP session: 128 random bits, base64url (RFC 9725 section 5). */
export type SessionId = Branded<string, 'SessionId'>;
/** One transport in the media plane; counts up, never reused in a process. */
export type PeerId = Branded<number, 'PeerId'>;
/** One stream in the media plane; outlives its publisher, so that a returning publisher finds its viewers. */
export type PublicationId = Branded<number, 'PublicationId'>;

const streamIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Returns the id, or undefined when the text is no valid stream name. */
export function parseStreamId(text: string): StreamId | undefined {
  return streamIdPattern.test(text) ? (text as StreamId) : undefined;
}

/** A fresh, unguessable session id. */
export function newSessionId(): SessionId {
  return randomBytes(16).toBase64Url() as SessionId;
}

let lastPeer = 0;
/** The next peer number of this process. */
export function nextPeerId(): PeerId {
  return ++lastPeer as PeerId;
}

let lastPublication = 0;
/** The next publication number of this process. */
export function nextPublicationId(): PublicationId {
  return ++lastPublication as PublicationId;
}
