import type { SrtpKeys } from '#src/core/plane.ts';

/** What a DTLS session tells its owner; nothing comes after `failed` or `closed`. */
export interface DtlsListener {
  send(datagram: Uint8Array): void;
  /** The handshake is done and the other side is who the SDP says. Called once. */
  secured(keys: SrtpKeys): void;
  failed(error: Error): void;
  /** The other side said goodbye (close_notify). */
  closed(): void;
}

/** Our side of one DTLS 1.2 session (RFC 5764). */
export interface DtlsSession extends Disposable {
  /** The other side proved that it is reachable where datagrams are sent to (RFC 8445 section 7); the client begins now. */
  begin(): void;
  /** One datagram from that address. Junk is dropped. */
  receive(datagram: Uint8Array): void;
}
