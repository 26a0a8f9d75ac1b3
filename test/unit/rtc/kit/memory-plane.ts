import type { PeerId, PublicationId } from '#src/core/ids.ts';
import { Lifetime, type CloseReason } from '#src/core/lifetime.ts';
import type { MediaPlane, PlaneCommand, PlaneEvent } from '#src/core/plane.ts';

/** A media plane that remembers what it was told and says what a test wants. */
export class MemoryPlane implements MediaPlane {
  readonly port = 8189;
  readonly ports = [8189, 8190];
  readonly engine = 'typescript';
  readonly commands: PlaneCommand[] = [];
  readonly #listeners = new Set<(event: PlaneEvent) => void>();
  readonly #sent = new Set<(command: PlaneCommand) => void>();
  readonly #life = new Lifetime();
  readonly closed: Promise<CloseReason> = this.#life.closed;

  get listeners(): number {
    return this.#listeners.size;
  }

  /** What {@link place} says; tests may choose. */
  placedPort = 8189;
  readonly placed: { readonly peer: PeerId; readonly role: string }[] = [];

  place(peer: PeerId, _publication: PublicationId, role: 'publisher' | 'viewer'): number {
    this.placed.push({ peer, role });
    return this.placedPort;
  }

  send(command: PlaneCommand): void {
    this.commands.push(command);
    for (const hear of this.#sent) hear(command);
  }

  listen(listener: (event: PlaneEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  emit(event: PlaneEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Hears every command as it is sent. */
  watch(hear: (command: PlaneCommand) => void): void {
    this.#sent.add(hear);
  }

  /** The last command of a type. */
  last<T extends PlaneCommand['type']>(type: T): PlaneCommand & { readonly type: T } {
    const found = this.commands.findLast(
      (command): command is PlaneCommand & { readonly type: T } => command.type === type,
    );
    if (!found) throw new Error(`no ${type} command was sent`);
    return found;
  }

  types(): readonly string[] {
    return this.commands.map(({ type }) => type);
  }

  end(reason: CloseReason): Promise<void> {
    return this.#life.end(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.end();
  }
}
