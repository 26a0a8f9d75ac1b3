import { DtlsServer, ProtectionProfileAeadAes128Gcm, ProtectionProfileAes128CmHmacSha1_80 } from 'werift';

import type { GatewayCertificate } from './certificate.ts';
import { HandshakeAssembler } from './dtls-records.ts';

/** werift's state machine, its input, and the client's messages on their way into it. */
export interface Handshake {
  readonly server: DtlsServer;
  /** One whole record for the state machine. */
  readonly feed: (record: Buffer) => void;
  readonly assembler: HandshakeAssembler;
}

/** A fresh state machine for one client; `send` gets its datagrams. */
export function openHandshake(identity: GatewayCertificate, send: (datagram: Buffer) => void): Handshake {
  const transport = {
    type: 'udp',
    address: { address: '', family: '', port: 0 },
    closed: false,
    onData: (_data: Buffer, _from: readonly [string, number]): void => undefined,
    send: (data: Buffer): Promise<void> => {
      send(data);
      return Promise.resolve();
    },
    close: (): Promise<void> => Promise.resolve(),
  };
  const { certPem, privateKey, signatureHash } = identity.certificate;
  const server = new DtlsServer({
    cert: certPem,
    key: privateKey,
    signatureHash,
    transport,
    srtpProfiles: [ProtectionProfileAeadAes128Gcm, ProtectionProfileAes128CmHmacSha1_80],
    extendedMasterSecret: true,
    certificateRequest: true,
  });
  // The state machine put its own receiver into the transport.
  return { server, feed: (record) => transport.onData(record, ['', 0]), assembler: new HandshakeAssembler() };
}
