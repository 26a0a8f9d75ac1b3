import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { Codec, TapPacket, TrackKind } from '#src/core/media.ts';
import { RtpHeader, isRtcp } from '#src/rtp/header.ts';
import { SequenceUnwrapper } from '#src/rtp/sequence.ts';

/** What FFmpeg shall make: its input and encoder options. */
export interface RecordingRequest {
  readonly codec: Codec;
  readonly args: readonly string[];
  /** Clock time of the first packet; the others follow their timestamps. */
  readonly startMs?: number;
}

const clockRatesHz: Readonly<Record<TrackKind, number>> = { video: 90_000, audio: 48_000 };

/** Runs FFmpeg's own RTP packetiser against a loopback port and returns what it sent, as the tap would give it. */
export async function record(request: RecordingRequest): Promise<TapPacket[]> {
  const kind = request.codec === 'opus' ? 'audio' : 'video';
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  const datagrams: Buffer[] = [];
  socket.on('message', (datagram) => datagrams.push(datagram));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const port = String(socket.address().port);
  const url = `rtp://127.0.0.1:${port}?rtcpport=${port}&pkt_size=1200`;
  const quiet = ['-hide_banner', '-loglevel', 'error', '-nostdin'];
  const child = spawn('ffmpeg', [...quiet, ...request.args, '-strict', '-2', '-f', 'rtp', url], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number];
  // Datagrams that were sent before the exit are in the socket's buffer: one turn of polling takes them all.
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.close();
  if (code !== 0) throw new Error(`ffmpeg ended with ${String(code)}`);
  return toTapPackets(datagrams, kind, request);
}

function toTapPackets(datagrams: readonly Buffer[], kind: TrackKind, request: RecordingRequest): TapPacket[] {
  const header = new RtpHeader();
  const sequences = new SequenceUnwrapper();
  const packets: TapPacket[] = [];
  let first: number | undefined;
  for (const datagram of datagrams) {
    if (isRtcp(datagram) || !header.parse(datagram)) continue;
    first ??= header.timestamp;
    packets.push({
      kind,
      codec: request.codec,
      sequence: sequences.unwrap(header.sequence),
      timestamp: header.timestamp,
      marker: header.marker,
      keyframe: false,
      payload: datagram.subarray(header.headerBytes, header.headerBytes + header.payloadBytes),
      arrivedMs: (request.startMs ?? 0) + (((header.timestamp - first) | 0) * 1000) / clockRatesHz[kind],
    });
  }
  return packets;
}

/** A moving picture of `frames` frames at 30 per second. */
export function testVideo(frames: number, size = '320x180'): string[] {
  return [
    '-f',
    'lavfi',
    '-i',
    `testsrc2=size=${size}:rate=30`,
    '-frames:v',
    String(frames),
    '-pix_fmt',
    'yuv420p',
  ];
}

/** A tone of some seconds. */
export function testAudio(seconds: number, toneHz = 440): string[] {
  return [
    '-f',
    'lavfi',
    '-i',
    `sine=frequency=${String(toneHz)}:sample_rate=48000:duration=${String(seconds)}`,
    '-ac',
    '2',
  ];
}

const run = promisify(execFile);

/** What ffprobe counts in a file: frames it could decode, and the stream's facts. */
export async function probe(file: string): Promise<Record<string, unknown>[]> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-count_frames', '-show_entries'],
    'stream=codec_type,codec_name,width,height,nb_read_frames,start_time,channels,sample_rate',
    ...['-of', 'json', file],
  ]);
  return (JSON.parse(stdout) as { streams: Record<string, unknown>[] }).streams;
}
