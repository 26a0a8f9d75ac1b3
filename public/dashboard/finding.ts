import type { Said } from '../shared/trouble.ts';

/** One thing an operator should know, in words. */
export interface Finding {
  /** `bad`: people notice now. `warn`: they may soon, or something is wasted. */
  readonly level: 'bad' | 'warn';
  readonly what: string;
  readonly remedy: string;
  /** What the gateway said, where it refused. */
  readonly said?: Said | undefined;
}
