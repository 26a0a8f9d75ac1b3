import { DtlsClient, keyLength, RTCCertificate, saltLength, type SrtpProfile } from 'werift';

import { makeCertificate, type GatewayCertificate } from '#src/rtc/certificate.ts';
import type { Fingerprint } from '#src/rtc/offer.ts';

/** Keys of the client's side; local protects what the client sends. */
export interface ClientKeys {
  readonly profile: SrtpProfile;
  readonly localKey: Buffer;
  readonly localSalt: Buffer;
  readonly remoteKey: Buffer;
  readonly remoteSalt: Buffer;
}

/** What a test may ask of a client. */
export interface ClientOptions {
  readonly identity?: GatewayCertificate;
  /** Signs with another key than that of its certificate, as a thief of the certificate would have to. */
  readonly signsWith?: GatewayCertificate;
  readonly profiles?: readonly SrtpProfile[];
}

/** A real DTLS client whose datagrams a test carries. */
export class TestDtlsClient {
  readonly fingerprint: Fingerprint;
  readonly connected: Promise<ClientKeys>;
  readonly #client: DtlsClient;
  readonly #feed: (datagram: Buffer) => void;
  goodbyes = 0;

  private constructor(
    identity: GatewayCertificate,
    options: ClientOptions,
    send: (datagram: Buffer) => void,
  ) {
    this.fingerprint = identity.fingerprint;
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
    const signer: RTCCertificate = (options.signsWith ?? identity).certificate;
    this.#client = new DtlsClient({
      cert: identity.certificate.certPem,
      key: signer.privateKey,
      signatureHash: identity.certificate.signatureHash,
      transport,
      srtpProfiles: [...(options.profiles ?? [7, 1])],
      extendedMasterSecret: true,
    });
    this.#feed = (datagram) => transport.onData(datagram, ['', 0]);
    this.#client.onClose.subscribe(() => (this.goodbyes += 1));
    this.connected = new Promise((resolve) => {
      this.#client.onConnect.once(() => {
        const profile = this.#client.srtp.srtpProfile;
        if (profile === undefined) return;
        resolve({ profile, ...this.#client.extractSessionKeys(keyLength(profile), saltLength(profile)) });
      });
    });
  }

  static async make(send: (datagram: Buffer) => void, options: ClientOptions = {}): Promise<TestDtlsClient> {
    return new TestDtlsClient(options.identity ?? (await makeCertificate()), options, send);
  }

  /** Begins the handshake; it ends when `connected` resolves. */
  begin(): void {
    this.#client.connect().catch(() => undefined);
  }

  receive(datagram: Uint8Array): void {
    this.#feed(Buffer.from(datagram));
  }

  /** Ends its retransmissions. */
  stop(): void {
    this.#client.dtls.flight = 7;
  }

  /** An encrypted alert as this client would send it. */
  alert(level: number, description: number): Buffer {
    return this.encrypted(21, Buffer.from([level, description]));
  }

  /** Any record under this client's keys. */
  encrypted(type: number, content: Buffer): Buffer {
    const { cipher, sessionType } = this.#client.cipher;
    const header = { type, version: 0xfefd, epoch: 1, sequenceNumber: 77 };
    const fragment = cipher.encrypt(sessionType, content, header);
    const head = Buffer.from([type, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 77, 0, 0]);
    head.writeUInt16BE(fragment.length, 11);
    return Buffer.concat([head, fragment]);
  }
}
