import { Failure, type FailureKind } from '#src/core/failure.ts';

/** A Failure in a form that crosses threads; `kind` is undefined for other errors. */
export interface PlainFailure {
  readonly kind: FailureKind | undefined;
  readonly code: string;
  readonly message: string;
}

/** An error on its way to another thread. */
export function plainFailure(error: unknown): PlainFailure {
  if (error instanceof Failure) return { kind: error.kind, code: error.code, message: error.message };
  return { kind: undefined, code: '', message: error instanceof Error ? error.message : String(error) };
}

/** The error as it was before it crossed. */
export function fromPlain(failure: PlainFailure): Error {
  if (failure.kind === undefined) return new Error(failure.message);
  return new Failure(failure.kind, failure.code, failure.message);
}
