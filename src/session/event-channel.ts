import { randomText } from '#src/core/random.ts';
import { videoLineOf } from './media-id.ts';
import type { Session } from './sessions.ts';

/** Events of the WHEP core extensions that a viewer can be told, as the Link header names them. */
export const viewerEventNames = ['active', 'inactive', 'layers', 'viewercount', 'reconnect'] as const;
export type ViewerEventName = (typeof viewerEventNames)[number];

/** How the `layers` event is written: as deployed players read it, or as the working group's newest text has it. */
export type LayersShape = 'grouped' | 'list';

/** Where events go while somebody reads them. */
export interface EventReader {
  /** One event; false when there is no room, and then {@link EventChannel.resume} is called as soon as there is. */
  send(name: ViewerEventName, data: string): boolean;
  /** A sign of life. */
  beat(): void;
  /** Nothing will come any more. */
  end(): void;
}

/** What a channel is for. */
export interface ChannelRequest {
  readonly session: Session;
  readonly names: readonly ViewerEventName[];
  readonly shape: LayersShape;
}

/**
 * One event stream of one viewer. What cannot be sent now waits, but only the newest of each kind: a reader that is slow or
 * away for a while learns how things are, not how they were.
 */
export class EventChannel {
  /** Names it in its URL and is all that is needed to read it: EventSource sends no Authorization header. */
  readonly id = randomText(22);
  readonly session: Session;
  readonly shape: LayersShape;
  /** Which m-line of the viewer's session has video. */
  readonly mediaId: string;
  /** When it lost its reader, or was made without one; undefined while it has one. */
  idleSinceMs: number | undefined;
  readonly #names: ReadonlySet<ViewerEventName>;
  readonly #due = new Map<string, { readonly name: ViewerEventName; readonly data: string }>();
  #reader: EventReader | undefined;

  constructor({ session, names, shape }: ChannelRequest, nowMs: number) {
    this.session = session;
    this.shape = shape;
    this.#names = new Set(names);
    this.mediaId = videoLineOf(session.peer.answer).index;
    this.idleSinceMs = nowMs;
  }

  /** Tells the reader, or whoever reads next. */
  push(name: ViewerEventName, data: string): void {
    if (!this.#names.has(name)) return;
    const slot = slotOf(name);
    this.#due.delete(slot);
    this.#due.set(slot, { name, data });
    this.resume();
  }

  /** A reader comes; one that was there before is done. Follow it with {@link resume}. */
  attach(reader: EventReader): void {
    const before = this.#reader;
    this.#reader = reader;
    this.idleSinceMs = undefined;
    before?.end();
  }

  /** A reader is gone, unless another one took its place. */
  detach(reader: EventReader, nowMs: number): void {
    if (this.#reader !== reader) return;
    this.#reader = undefined;
    this.idleSinceMs = nowMs;
  }

  /** There may be room again. */
  resume(): void {
    for (const [slot, { name, data }] of this.#due) {
      if (this.#reader?.send(name, data) !== true) return;
      this.#due.delete(slot);
    }
  }

  beat(): void {
    this.#reader?.beat();
  }

  end(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    this.#due.clear();
    reader?.end();
  }
}

/** There is a publisher or there is none: the newer of the two replaces the older. */
function slotOf(name: ViewerEventName): string {
  return name === 'inactive' ? 'active' : name;
}
