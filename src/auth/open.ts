import { type Authorizer, openGrant } from '#src/core/access.ts';
import { Lifetime } from '#src/core/lifetime.ts';

/** Everybody may do everything: what holds on loopback, and where the settings say so. */
export function openDoors(): Authorizer {
  const life = new Lifetime();
  return {
    open: true,
    closed: life.closed,
    authorize: ({ action }) => Promise.resolve(openGrant(action)),
    holds: () => Promise.resolve(true),
    onRevoked: () => ({ [Symbol.dispose]: () => undefined }),
    [Symbol.asyncDispose]: () => life.end(),
  };
}
