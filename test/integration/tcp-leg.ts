import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FrameReader, writeFrame } from '#src/media/tcp/framing.ts';

/** The client's end of ICE over TCP: what a peer sends here as datagrams goes out as frames over one connection, and back. */
export class TcpLeg implements AsyncDisposable {
  readonly socket: Socket;
  /** Frames that came. */
  framesIn = 0;
  isClosed = false;
  readonly #udp: UdpSocket;
  readonly #reader = new FrameReader(65_535);
  #peerPort = 0;

  private constructor(socket: Socket, udp: UdpSocket) {
    this.socket = socket;
    this.#udp = udp;
    udp.on('message', (datagram, { port }) => {
      this.#peerPort = port;
      this.send(datagram);
    });
    socket.on('data', (chunk: Buffer) => {
      this.#reader.read(chunk, (frame) => {
        this.framesIn++;
        // A fresh copy: the chunk is Node's.
        if (this.#peerPort > 0) udp.send(Buffer.from(frame), this.#peerPort, '127.0.0.1');
        return true;
      });
    });
    socket.on('error', () => undefined);
    socket.on('close', () => void (this.isClosed = true));
  }

  /** Connects; what the peer sends to {@link port} arrives at the plane's TCP port. */
  static async open(tcpPort: number): Promise<TcpLeg> {
    const socket = connect({ port: tcpPort, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const udp = createSocket('udp4');
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
    return new TcpLeg(socket, udp);
  }

  /** Where the peer sends its datagrams. */
  get port(): number {
    return this.#udp.address().port;
  }

  /** As the gateway sees it. */
  get address(): string {
    return `127.0.0.1:${String(this.socket.localPort)}`;
  }

  send(packet: Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(framed(packet));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    const closed = once(this.#udp, 'close');
    this.#udp.close();
    await closed;
  }
}

/** A packet as it travels over TCP. */
export function framed(packet: Uint8Array): Buffer {
  const out = Buffer.alloc(2 + packet.length);
  writeFrame(out, 0, packet);
  return out;
}
