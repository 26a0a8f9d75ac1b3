import { Failure } from '#src/core/failure.ts';
import { ladderNames } from '#src/core/ladder.ts';

/** Nothing came in the Authorization header. */
export const tokenMissing = (): Failure =>
  new Failure(
    'unauthorized',
    'token-missing',
    'send a stream key or token as "Authorization: Bearer …"; whoever runs this gateway hands them out',
  );

/** The credential is none of ours, broken, or for something else. The reason never repeats any of it. */
export const tokenInvalid = (reason: string): Failure =>
  new Failure('unauthorized', 'token-invalid', `this token is not valid here: ${reason}`);

/** It was good once. */
export const tokenExpired = (): Failure =>
  new Failure('unauthorized', 'token-expired', 'this token has expired; get a new one where you got it');

/** It was taken back. */
export const tokenRevoked = (): Failure =>
  new Failure('unauthorized', 'token-revoked', 'this token was revoked; get a new one where you got it');

/** A good credential for something else. */
export const notAllowed = (reason: string): Failure => new Failure('forbidden', 'not-allowed', reason);

/** A token or the webhook names qualities that this gateway does not have. */
export const unknownLadder = (name: string): Failure =>
  new Failure(
    'invalid',
    'unknown-ladder',
    `there is no ladder "${name.replaceAll(/[^\w-]/g, '?').slice(0, 64)}" here; a publisher's permission may name ${ladderNames.join(', ')}`,
  );

/** A pass that opens nothing here. Refusals of passes are 403: who has one can send no other credential (docs/cdn.md). */
export const passInvalid = (reason: string): Failure =>
  new Failure('forbidden', 'pass-invalid', `this pass is not valid here: ${reason}`);

/** Of another node, or of this one before it started again or changed its keys. */
export const passKeyUnknown = (): Failure =>
  new Failure(
    'forbidden',
    'pass-key-unknown',
    'this pass was signed with a key that this node does not know; ask GET /join for a new one',
  );

/** It was good once. */
export const passExpired = (): Failure =>
  new Failure('forbidden', 'pass-expired', 'this pass has expired; ask GET /join for a new one');

/** The operator's own service said no. */
export const webhookRefused = (reason: string | undefined): Failure =>
  new Failure('forbidden', 'webhook-refused', reason ?? 'the service that decides here said no');

/** The operator's own service said nothing that counts: then nobody gets in. */
export const webhookFailed = (): Failure =>
  new Failure(
    'unavailable',
    'webhook-failed',
    'the service that decides who gets in gave no answer; the log of this node says why',
    { retryAfterMs: 2_000 },
  );

/** The keys of the issuer cannot be had. */
export const keysUnavailable = (): Failure =>
  new Failure(
    'unavailable',
    'jwks-unavailable',
    'the keys that tokens are checked with cannot be had now; the log of this node says why',
    { retryAfterMs: 5_000 },
  );

/** A key of the settings that cannot be used. */
export const badKey = (setting: string, reason: string): Failure =>
  new Failure('invalid', 'bad-auth-key', `${setting}: ${reason}`);

/** The doors would be open to the network. */
export const openToTheNetwork = (address: string): Failure =>
  new Failure(
    'forbidden',
    'open-to-the-network',
    [
      `http.address is ${address}, and nobody would be asked for a token there. Choose one of:`,
      '  a stream key    npm run token -- --new-key NAME   prints it and its hash for auth.streamKeys',
      '  signed tokens   auth.signingKey, auth.jwtKeys or auth.jwksUrl; or auth.webhookUrl (docs/tokens.md)',
      '  open doors      FRONTROW_AUTH__ALLOW_OPEN=true: everybody who reaches this machine may do everything',
      '  this machine    FRONTROW_HTTP__ADDRESS=127.0.0.1',
    ].join('\n'),
  );

/** Nothing to sign with. */
export const noSigningKey = (): Failure =>
  new Failure('missing', 'no-signing-key', 'this node signs no tokens; set auth.signingKey');

/** A token would live longer than one like it is accepted. */
export const lifetimeTooLong = (limitS: number): Failure =>
  new Failure('invalid', 'token-lifetime', `such a token may live for ${limitS} s at most`);

/** The file with the revoked tokens cannot be understood. */
export const badRevocationsFile = (file: string, reason: string): Failure =>
  new Failure(
    'invalid',
    'bad-revocations-file',
    `${file} (auth.revocationsFile) cannot be read: ${reason}. Put it right, or remove it: then tokens that were revoked and have not expired are good again`,
  );

/** As many revoked tokens are remembered as may. */
export const tooManyRevocations = (): Failure =>
  new Failure(
    'unavailable',
    'too-many-revocations',
    'no more revoked tokens can be remembered; change the key they are signed with',
    { retryAfterMs: 60_000 },
  );
