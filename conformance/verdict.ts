/** The two protocols; each has an endpoint of its own. */
export type Protocol = 'whip' | 'whep';

/** A rule was broken; the message says what was expected and what came. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** An optional feature that this server does not have, or something that was not there to be looked at. */
export class NotSupported extends Error {
  override readonly name = 'NotSupported';
}

/** Throws {@link Violation} with this message unless the condition holds. */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Violation(message);
}

/** Ends a test whose rule does not apply. */
export function notSupported(reason: string): never {
  throw new NotSupported(reason);
}
