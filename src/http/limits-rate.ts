import { hash } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Failure } from '#src/core/failure.ts';
import { randomText } from '#src/core/random.ts';

/** What is allowed is allowed in this time. */
const windowS = 10;
/** Names share them when there are more. */
const slots = 65_536;
/** The limiter counts whole numbers. */
const unitsPerPoint = 100;

/**
 * So many points for each name in ten seconds. Names are hashed into a fixed number of slots, so that a flood of names costs
 * no memory, with a salt of this process, so that nobody can find out whose slot to fill.
 */
export class RateLimit {
  readonly #limiter: RateLimiterMemory;
  readonly #points: () => number;
  readonly #salt = randomText(16);

  constructor(points: () => number) {
    this.#points = points;
    this.#limiter = new RateLimiterMemory({ points: points() * unitsPerPoint, duration: windowS });
  }

  /** Takes points; throws `rate-limited` when there are none left. A cost of 0 only looks. */
  async take(name: string, cost: number): Promise<void> {
    this.#limiter.points = this.#points() * unitsPerPoint;
    try {
      await this.#limiter.consume(this.#slotOf(name), cost * unitsPerPoint);
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) throw rateLimited(refusal.msBeforeNext);
      throw refusal;
    }
  }

  /** Takes points without refusing: what was done cannot be undone, what comes next can. */
  async charge(name: string, cost: number): Promise<void> {
    await this.#limiter.penalty(this.#slotOf(name), cost * unitsPerPoint);
  }

  #slotOf(name: string): number {
    return hash('sha1', this.#salt + name, 'buffer').readUInt32BE(0) % slots;
  }
}

/** RFC 9725 section 5 and RFC 6585 section 4. */
const rateLimited = (retryAfterMs: number): Failure =>
  new Failure(
    'too-many',
    'rate-limited',
    'too many requests in the last seconds from your network or with your key; wait as long as Retry-After says',
    { retryAfterMs },
  );
