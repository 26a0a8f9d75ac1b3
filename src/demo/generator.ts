import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { Lifetime } from '#src/core/lifetime.ts';
import type { CloseReason, Living } from '#src/core/lifetime.ts';
import type { TrackKind } from '#src/core/media.ts';
import type { DemoConfig } from './config.ts';
import { demoArguments } from './picture.ts';
import type { DrawingTools } from './picture.ts';

const probeTimeoutMs = 10_000;
const killAfterMs = 1_000;

/** Takes one RTP packet of the generator. */
export type PacketSink = (kind: TrackKind, packet: Buffer) => void;

/** Tries out whether text can be drawn: the filter may be missing, or a font. */
export async function drawingTools(ffmpegPath: string, signal: AbortSignal): Promise<DrawingTools> {
  const args = [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    'color=size=64x64,drawtext=text=0',
    '-frames:v',
    '1',
    '-f',
    'null',
    '-',
  ];
  const text = await new Promise<boolean>((resolve) => {
    execFile(ffmpegPath, args, { signal, timeout: probeTimeoutMs }, (error) => resolve(error === null));
  });
  return { text };
}

/** FFmpeg that makes the clock and the beep, and the loopback ports that take its RTP. Ends when FFmpeg does. */
export class Generator implements Living {
  readonly #life = new Lifetime();

  get closed(): Promise<CloseReason> {
    return this.#life.closed;
  }

  /** Starts making media at once. */
  static async open(
    request: { readonly ffmpegPath: string; readonly tools: DrawingTools; readonly sink: PacketSink },
    config: DemoConfig,
    signal: AbortSignal,
  ): Promise<Generator> {
    const generator = new Generator();
    const life = generator.#life;
    try {
      const video = await receiver('video', request.sink, life, signal);
      const audio = await receiver('audio', request.sink, life, signal);
      generator.#run(request.ffmpegPath, demoArguments(config, request.tools, { video, audio }));
      return generator;
    } catch (error) {
      await life.end();
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.end();
  }

  #run(ffmpegPath: string, args: readonly string[]): void {
    const child = spawn(ffmpegPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.resume();
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-1_000);
    });
    const gone = new Promise<void>((resolve) => {
      child.once('close', () => resolve());
      child.once('error', (error) => {
        said += error.message;
        resolve();
      });
    });
    void gone.then(() =>
      this.#life.end({ by: 'failure', error: new Error(`demo: FFmpeg ended: ${said.trim()}`) }),
    );
    this.#life.defer(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      await gone;
      clearTimeout(force);
    });
  }
}

/** Opens a loopback port that hands RTP on and drops RTCP; returns its number. */
async function receiver(
  kind: TrackKind,
  sink: PacketSink,
  life: Lifetime,
  signal: AbortSignal,
): Promise<number> {
  const socket: Socket = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 });
  life.defer(() => new Promise<void>((resolve) => void socket.close(() => resolve())));
  socket.on('message', (packet) => {
    const second = packet[1] ?? 0;
    // RTCP packet types are 192 to 223 where RTP has marker and payload type (RFC 5761 section 4).
    if (packet.length > 12 && (second < 192 || second > 223)) sink(kind, packet);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening', { signal });
  return socket.address().port;
}
