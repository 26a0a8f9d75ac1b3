import type { PeerId, PublicationId } from '#src/core/ids.ts';
import { Lifetime, type CloseReason } from '#src/core/lifetime.ts';
import type { MediaPlane, PlaneCommand, PlaneEvent } from '#src/core/plane.ts';

/** Listeners and lifetime, which all kinds of plane share. */
export abstract class PlaneProxy implements MediaPlane {
  abstract readonly port: number;
  abstract readonly engine: 'typescript' | 'native';
  abstract send(command: PlaneCommand): void;
  protected readonly life = new Lifetime();
  readonly closed: Promise<CloseReason> = this.life.closed;
  readonly #listeners = new Set<(event: PlaneEvent) => void>();

  get ports(): readonly number[] {
    return [this.port];
  }

  /** With one worker there is but one place. */
  place(_peer: PeerId, _publication: PublicationId, _role: 'publisher' | 'viewer'): number {
    return this.port;
  }

  listen(listener: (event: PlaneEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.life.end({ by: 'owner' });
  }

  protected tell(event: PlaneEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
