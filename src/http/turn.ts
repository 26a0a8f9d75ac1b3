import { createHmac } from 'node:crypto';
import { randomText } from '#src/core/random.ts';

/** What a client shows to a TURN server. */
export interface TurnLogin {
  readonly username: string;
  readonly credential: string;
}

/** Enough that two clients of one second never share an allocation quota. */
const nameChars = 12;

/**
 * A login of one client that ends by itself: the user name carries the expiry in Unix seconds, the password is the HMAC of
 * the user name under the secret that gateway and TURN server share (draft-uberti-behave-turn-rest-00 section 2.2).
 */
export function turnLogin(secret: string, expiresMs: number): TurnLogin {
  const username = `${Math.floor(expiresMs / 1000)}:${randomText(nameChars)}`;
  const credential = createHmac('sha1', secret).update(username).digest('base64');
  return { username, credential };
}
