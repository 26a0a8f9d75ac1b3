/** What kind of expected failure it is; only http/problem.ts turns kinds into statuses. */
export type FailureKind =
  | 'invalid' // malformed: 400
  | 'unauthorized' // 401
  | 'forbidden' // 403
  | 'missing' // 404
  | 'method' // 405
  | 'not-acceptable' // 406
  | 'conflict' // 409
  | 'gone' // 410
  | 'stale' // 412
  | 'too-large' // 413
  | 'unsupported-media' // 415
  | 'unprocessable' // 422
  | 'precondition' // 428
  | 'too-many' // 429
  | 'unavailable'; // 503

/** An expected failure with a stable code and a sentence that says what to do. Bugs throw plain errors instead. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  /** Stable, kebab-case, documented in docs/failures.md. */
  readonly code: string;
  /** When it makes sense to try again, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** For so long it stays as it is, and caches may say so; 0 when it may be otherwise at any moment. */
  readonly staysMs: number;

  constructor(
    kind: FailureKind,
    code: string,
    message: string,
    more: { readonly retryAfterMs?: number; readonly staysMs?: number } = {},
  ) {
    super(message);
    this.kind = kind;
    this.code = code;
    this.retryAfterMs = more.retryAfterMs;
    this.staysMs = more.staysMs ?? 0;
  }
}
