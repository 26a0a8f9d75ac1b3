import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Credentials } from '../offers.ts';
import { attribute, bindingRequest, bindingSuccess, field, integrity, magic, sealed } from '../peers/stun.ts';

const agentLimit = 1_000;

/** The server's side of ICE: answers connectivity checks for the credentials it knows. No DTLS behind it. */
export class IceAgent implements Disposable {
  readonly #socket: Socket;
  readonly #passwords = new Map<string, string>();
  readonly #authenticates: boolean;

  private constructor(socket: Socket, authenticates: boolean) {
    this.#socket = socket;
    this.#authenticates = authenticates;
    socket.on('message', (message, from) => this.#hear(message, from));
  }

  static async open(authenticates: boolean): Promise<IceAgent> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new IceAgent(socket, authenticates);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Answers checks with these credentials from now on. */
  admit({ ufrag, password }: Credentials): void {
    if (this.#passwords.size >= agentLimit) throw new Error('too many ICE sessions for a self-test');
    this.#passwords.set(ufrag, password);
  }

  forget({ ufrag }: Credentials): void {
    this.#passwords.delete(ufrag);
  }

  #hear(message: Buffer, from: RemoteInfo): void {
    if (message.length < 20 || message.readUInt16BE(0) !== bindingRequest) return;
    const found = readFields(message);
    const password = this.#passwords.get(found.username.split(':')[0] ?? '');
    if (password === undefined) return;
    const good = found.integrity.equals(integrity(message.subarray(0, found.integrityAt), password));
    if (!good && this.#authenticates) return;
    const mapped = Buffer.alloc(8);
    mapped[1] = 1;
    mapped.writeUInt16BE(from.port ^ (magic >>> 16), 2);
    const ip = Buffer.from(from.address.split('.').map(Number));
    mapped.writeUInt32BE((ip.readUInt32BE(0) ^ magic) >>> 0, 4);
    const fields = [field(attribute.mapped, mapped)];
    const transaction = message.subarray(8, 20);
    this.#socket.send(
      sealed({ type: bindingSuccess, transaction, fields }, password),
      from.port,
      from.address,
    );
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

function readFields(message: Buffer): {
  readonly username: string;
  readonly integrity: Buffer;
  readonly integrityAt: number;
} {
  const found = { username: '', integrity: Buffer.alloc(0), integrityAt: message.length };
  for (let at = 20; at + 4 <= message.length;) {
    const type = message.readUInt16BE(at);
    const length = message.readUInt16BE(at + 2);
    const value = message.subarray(at + 4, at + 4 + length);
    if (type === attribute.username) found.username = value.toString();
    if (type === attribute.integrity) Object.assign(found, { integrity: value, integrityAt: at });
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return found;
}
