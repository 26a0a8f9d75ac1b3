import { isIPv4 } from 'node:net';
import type { SocketAddress } from '#src/core/engine.ts';

/** A socket address from what a datagram says about its sender. */
export function socketAddress(ip: string, port: number): SocketAddress {
  return { ip, port, family: isIPv4(ip) ? 4 : 6 };
}

/** Whether two addresses are the same. */
export function sameAddress(a: SocketAddress, b: SocketAddress): boolean {
  return a.port === b.port && a.ip === b.ip;
}

/** How an address is written for people: `192.0.2.1:8189`, `[2001:db8::1]:8189`. */
export function addressText(address: SocketAddress): string {
  return address.family === 4 ? `${address.ip}:${address.port}` : `[${address.ip}]:${address.port}`;
}

/** The 4 or 16 bytes of a numeric address; a zone (`%eth0`) counts for nothing. */
export function addressBytes(ip: string): Uint8Array {
  return isIPv4(ip) ? v4Bytes(ip) : v6Bytes(ip);
}

function v4Bytes(ip: string): Uint8Array {
  return Uint8Array.from(ip.split('.'), Number);
}

function v6Bytes(ip: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const [head = '', tail] = (ip.split('%', 1)[0] ?? '').split('::', 2);
  const front = groupBytes(head);
  bytes.set(front.slice(0, 16));
  if (tail !== undefined) {
    const back = groupBytes(tail).slice(-16);
    bytes.set(back, 16 - back.length);
  }
  return bytes;
}

function groupBytes(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return [...v4Bytes(group)];
    const value = Number.parseInt(group, 16);
    return [value >>> 8, value & 0xff];
  });
}

/**
 * Finds what belongs to a sender's address without making a key string for each datagram: by port, then by IP.
 */
export class AddressTable<T> {
  readonly #byPort = new Map<number, Map<string, T>>();

  get(ip: string, port: number): T | undefined {
    return this.#byPort.get(port)?.get(ip);
  }

  set(address: SocketAddress, value: T): void {
    let byIp = this.#byPort.get(address.port);
    if (byIp === undefined) {
      byIp = new Map();
      this.#byPort.set(address.port, byIp);
    }
    byIp.set(address.ip, value);
  }

  delete(address: SocketAddress): void {
    const byIp = this.#byPort.get(address.port);
    if (byIp === undefined) return;
    byIp.delete(address.ip);
    if (byIp.size === 0) this.#byPort.delete(address.port);
  }
}
