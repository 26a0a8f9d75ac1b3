import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CmafTrack } from '#src/core/cmaf.ts';
import type { TrackKind } from '#src/core/media.ts';
import { FragmentWatch } from './fragment-watch.ts';
import type { OutputPlan } from './profile.ts';

/** Where the socket of an output is. */
export function socketPath(plan: OutputPlan, folder: string): string {
  return join(folder, `${plan.rendition}.sock`);
}

/** One output of FFmpeg: a unix socket that FFmpeg connects to and writes one track's fragmented MP4 into. */
export class OutputPipe {
  readonly kind: TrackKind;
  readonly rendition: string;
  readonly #sound: OutputPlan['sound'];
  /** Of video: how far its pictures have come. */
  readonly #fragments: FragmentWatch | undefined;
  readonly #server: Server;
  readonly #socket: Promise<Socket | undefined>;
  /** Resolves when everything was read or nobody will. */
  readonly drained: Promise<void>;
  #drain!: () => void;
  #settle!: (socket: Socket | undefined) => void;
  /** Bytes handed on so far. */
  bytesOut = 0;

  private constructor(server: Server, plan: OutputPlan) {
    this.#server = server;
    this.kind = plan.kind;
    this.rendition = plan.rendition;
    this.#sound = plan.sound;
    this.#fragments = plan.kind === 'video' ? new FragmentWatch() : undefined;
    this.#socket = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.drained = new Promise((resolve) => {
      this.#drain = resolve;
    });
    server.maxConnections = 1;
    server.once('connection', (socket: Socket) => {
      this.#settle(socket);
      server.close();
    });
  }

  /** Resolves when FFmpeg has connected, with false when it ended without. */
  get connected(): Promise<boolean> {
    return this.#socket.then((socket) => socket !== undefined);
  }

  /** When the last picture that was handed on whole is decoded, in ticks of its track; undefined before the first, and for sound. */
  get lastTicks(): number | undefined {
    return this.#fragments?.lastTicks;
  }

  /** Listens in `folder`, which only we may enter. */
  static async open(plan: OutputPlan, folder: string, signal: AbortSignal): Promise<OutputPipe> {
    const server = createServer();
    const pipe = new OutputPipe(server, plan);
    server.listen(socketPath(plan, folder));
    await once(server, 'listening', { signal });
    return pipe;
  }

  /** As the packager takes it. */
  track(): CmafTrack {
    const { kind, rendition } = this;
    return { kind, rendition, ...(this.#sound && { sound: this.#sound }), bytes: this.bytes() };
  }

  /** What FFmpeg writes; ends with FFmpeg, also when it never came. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    const socket = await this.#socket;
    if (!socket) {
      this.#drain();
      return;
    }
    // A reset is how a killed process ends its stream; why it ended is told by the process's exit.
    const ended = { error: undefined as Error | undefined };
    socket.once('error', (error) => {
      ended.error = error;
    });
    try {
      for await (const chunk of socket) {
        const bytes = chunk as Uint8Array;
        this.bytesOut += bytes.length;
        this.#fragments?.push(bytes);
        yield bytes;
      }
    } catch (error) {
      if (error !== ended.error) throw error;
    } finally {
      socket.destroy();
      this.#drain();
    }
  }

  /** FFmpeg is gone: an output that it never connected ends empty. */
  ended(): void {
    // Its connection may still wait in the accept queue: look there first.
    setImmediate(() =>
      setImmediate(() => {
        this.#settle(undefined);
        if (this.#server.listening) this.#server.close();
      }),
    );
  }

  /** Nobody will read it: closes whatever is open. */
  discard(): void {
    this.#drain();
    this.#settle(undefined);
    if (this.#server.listening) this.#server.close();
    void this.#socket.then((socket) => socket?.destroy());
  }
}
