/** The gateway's own words about a refusal: the `detail` and the `code` of its problem+json (RFC 9457). */
export interface Said {
  readonly detail: string;
  /** '' when there was none. */
  readonly code: string;
}

/** What went wrong and what to do about it in words of the page, and what the gateway said, as it said it. */
export interface Trouble {
  readonly what: string;
  readonly remedy: string;
  readonly said?: Said;
}

/** What is known about a failed request when words for it are chosen. */
export interface RefusalFacts {
  /** HTTP status; 0 when no answer came, undefined when it was no request. */
  readonly status: number | undefined;
  readonly code: string;
  readonly message: string;
}

/** Adds the gateway's own words to words of ours, where the gateway said anything. */
export function withSaid(
  { what, remedy }: { readonly what: string; readonly remedy: string },
  { status, code, message }: RefusalFacts,
): Trouble {
  const answered = status !== undefined && status >= 400 && message !== '';
  return answered ? { what, remedy, said: { detail: message, code } } : { what, remedy };
}
