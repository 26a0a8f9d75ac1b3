import { type DtlsServer, ProtectionProfileAeadAes128Gcm } from 'werift';

import type { GatewayCertificate } from './certificate.ts';
import { openHandshake, type Handshake } from './dtls-handshake.ts';
import { finishedData, finishedMatches, matchesFingerprint, provesPossession } from './dtls-proof.ts';
import {
  contentType,
  handshakeType,
  hasCookie,
  splitRecords,
  wholeMessageRecord,
  writeRecord,
  type DtlsRecord,
  type HandshakeMessage,
} from './dtls-records.ts';
import {
  agreedSecret,
  masterSecretOf,
  RecordCipher,
  srtpKeysOf,
  type RecordHeader,
  type SharedSecrets,
} from './dtls-keys.ts';
import type { DtlsListener, DtlsSession } from './dtls-session.ts';
import { dtlsFailed } from './failures.ts';
import type { Fingerprint } from './offer.ts';

/** Encrypted records that arrived before the keys were known; a client sends one or two. */
const maxEarlyRecords = 4;
/** Each hello costs a key pair; a client that lost a few datagrams sends about five. */
const maxClientHellos = 16;
const dtls12 = 0xfefd;
/** The state machine's name for the client's last flight. */
const clientKeyFlight = 5;
/** For so long a client may ask for our last flight again; every further minute would only cost memory. */
const lastFlightMs = 20_000;
/** Far above what the handshake used and used once, so that no AES-GCM nonce repeats. */
const goodbyeSequence = 0x1000;

type Message = Parameters<DtlsServer['onHandleHandshakes']>[0][number];

/**
 * The server side of one DTLS 1.2 session (RFC 5764), run by werift's state machine behind a gate of our own. The gate
 * reassembles and orders the client's messages, lets nothing in the clear through once there are keys, reads alerts itself,
 * and demands the two proofs that the state machine does not: possession of the certificate's key, and Finished.
 */
export class DtlsServerSession implements DtlsSession {
  readonly #listener: DtlsListener;
  readonly #fingerprints: readonly Fingerprint[];
  /** The handshake's state; gone once no part of it can be asked for again. */
  #handshake: Handshake | undefined;
  /** What is left of it: reads and writes alerts. */
  #records: RecordCipher | undefined;
  /** Until the keys of media were made from it. */
  #secrets: SharedSecrets | undefined;
  #release: NodeJS.Timeout | undefined;
  readonly #early: DtlsRecord[] = [];
  #state: 'handshake' | 'keyed' | 'secure' | 'over' = 'handshake';
  #helloAccepted = false;
  #hellos = 0;

  constructor(identity: GatewayCertificate, fingerprints: readonly Fingerprint[], listener: DtlsListener) {
    this.#listener = listener;
    this.#fingerprints = fingerprints;
    this.#handshake = openHandshake(identity, (data) => this.#send(data));
    const { server } = this.#handshake;
    const handle = server.onHandleHandshakes;
    server.onHandleHandshakes = async (messages) => {
      for (const message of messages) {
        this.#demandProof(message);
        if (message.msg_type === handshakeType.clientKeyExchange) this.#agree(message);
        else await handle([message]);
      }
    };
    server.onConnect.once(() => this.#connected());
    server.onError.subscribe((error: unknown) => {
      // A late retransmission that fails after the handshake changes nothing.
      if (this.#state !== 'secure') this.#fail(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** The client begins. */
  begin(): void {
    // There is nothing to say before its hello.
  }

  /** One datagram from the client's verified address. Junk is dropped. */
  receive(datagram: Uint8Array): void {
    for (const record of splitRecords(datagram)) {
      if (this.#state === 'over') return;
      if (record.epoch > 0) this.#receiveProtected(record);
      else if (record.type === contentType.handshake) this.#receiveClear(record);
      else if (record.type === contentType.alert && this.#state === 'handshake')
        this.#judgeAlert(record.fragment);
    }
  }

  /** Says goodbye when there is a session to end, and goes silent. */
  [Symbol.dispose](): void {
    if (this.#state === 'over') return;
    if (this.#state === 'secure') this.#sendAlert(1, 0);
    this.#end();
  }

  #end(): void {
    this.#state = 'over';
    this.#early.length = 0;
    // The retransmission timer asks this number before it sends again.
    if (this.#handshake) this.#server.dtls.flight = 6;
    this.#forget();
  }

  readonly #forget = (): void => {
    clearTimeout(this.#release);
    this.#handshake = undefined;
  };

  get #server(): DtlsServer {
    if (!this.#handshake) throw new Error('the handshake is over and forgotten');
    return this.#handshake.server;
  }

  #fail(error: Error): void {
    if (this.#state === 'over') return;
    this.#end();
    this.#listener.failed(dtlsFailed(error.message));
  }

  #send(datagram: Uint8Array): void {
    if (this.#state !== 'over') this.#listener.send(datagram);
  }

  #receiveClear(record: DtlsRecord): void {
    if (this.#state === 'secure' || !this.#handshake) return;
    const { assembler, feed } = this.#handshake;
    for (const message of assembler.push(record.fragment)) {
      if (this.#admits(message)) feed(wholeMessageRecord(message, record.version, record.sequence));
    }
    if (this.#state !== 'keyed') return;
    for (const early of this.#early.splice(0)) this.#receiveProtected(early);
  }

  /** What the state machine may see in the clear, and how often. */
  #admits({ type, body, repeated }: HandshakeMessage): boolean {
    switch (type) {
      case handshakeType.clientHello: {
        this.#hellos += 1;
        const answered = hasCookie(body);
        // A late first hello would restart the handshake under a client that is already further.
        if (
          this.#hellos > maxClientHellos ||
          this.#state !== 'handshake' ||
          (this.#helloAccepted && !answered)
        )
          return false;
        this.#helloAccepted ||= answered;
        return true;
      }
      case handshakeType.certificate:
      case handshakeType.clientKeyExchange:
        return !repeated && this.#helloAccepted;
      case handshakeType.certificateVerify:
        if (repeated || !this.#helloAccepted) return false;
        this.#state = 'keyed';
        return true;
      default:
        // Above all Finished, which means nothing in the clear.
        return false;
    }
  }

  #receiveProtected(record: DtlsRecord): void {
    if (this.#state === 'handshake') {
      if (this.#early.length < maxEarlyRecords) this.#early.push(record);
    } else if (record.type === contentType.handshake) {
      this.#handshake?.feed(record.bytes);
    } else if (record.type === contentType.alert) {
      const alert = this.#open(record);
      if (alert) this.#judgeAlert(alert);
    }
  }

  /** Decrypts a record; undefined for a forged one, which is dropped in silence (RFC 6347 section 4.1.2.7). */
  #open({ type, version, epoch, sequence, fragment }: DtlsRecord): Buffer | undefined {
    try {
      return this.#records?.open(fragment, { type, version, epoch, sequenceNumber: sequence });
    } catch {
      return undefined;
    }
  }

  #judgeAlert(alert: Buffer): void {
    const [level, description] = alert;
    if (alert.length !== 2 || description === undefined) return;
    if (description === 0 && this.#state === 'secure') {
      this.#end();
      this.#listener.closed();
    } else if (level === 2) {
      this.#fail(new Error(`the client sent fatal alert ${description} (RFC 5246 section 7.2.2)`));
    }
  }

  #sendAlert(level: number, description: number): void {
    const head = { type: contentType.alert, version: dtls12, epoch: 1 };
    const alert = Buffer.from([level, description]);
    const fragment = this.#records?.seal(alert, { ...head, sequenceNumber: goodbyeSequence });
    if (fragment) this.#send(writeRecord({ ...head, sequence: goodbyeSequence, fragment }));
  }

  /**
   * Takes ClientKeyExchange (RFC 8422 section 5.7) in the state machine's place: its own arithmetic on curves is written in
   * JavaScript and holds up the event loop for longer than the rest of the handshake together.
   */
  #agree(message: Message): void {
    const { cipher, dtls } = this.#server;
    const publicKey = message.fragment.subarray(1);
    if (publicKey.length === 0 || publicKey.length !== message.fragment[0])
      throw new Error('the client sent no key');
    dtls.bufferHandshakeCache([message], false, clientKeyFlight);
    cipher.remoteKeyPair = { curve: cipher.namedCurve, publicKey };
    const { curve, privateKey } = cipher.localKeyPair;
    const clientRandom = cipher.remoteRandom.serialize();
    const serverRandom = cipher.localRandom.serialize();
    cipher.masterSecret = masterSecretOf({
      preMasterSecret: agreedSecret(curve, privateKey, publicKey),
      clientRandom,
      serverRandom,
      transcript: dtls.remoteExtendedMasterSecret ? this.#transcript() : undefined,
    });
    this.#secrets = { masterSecret: cipher.masterSecret, serverRandom, clientRandom };
    const records = new RecordCipher(this.#secrets, 'server');
    this.#records = records;
    // The state machine calls these two methods of its own class and nothing else.
    cipher.cipher = {
      encrypt: (_side: number, plain: Uint8Array, header: RecordHeader) => records.seal(plain, header),
      decrypt: (_side: number, fragment: Uint8Array, header: RecordHeader) => records.open(fragment, header),
    } as unknown as typeof cipher.cipher;
  }

  /** Called before the state machine takes a message; throws when the client cannot be who it says. */
  #demandProof({ msg_type, fragment }: Message): void {
    const isProof = msg_type === handshakeType.certificateVerify || msg_type === handshakeType.finished;
    if (this.#state !== 'handshake' && !isProof) throw new Error('the client wants to renegotiate');
    if (msg_type === handshakeType.certificateVerify) {
      const certificate = this.#server.remoteCertificate;
      if (!certificate || !provesPossession(certificate, this.#transcript(), fragment)) {
        throw new Error('the client does not hold the key of its certificate');
      }
    }
    if (msg_type !== handshakeType.finished) return;
    const expected = finishedData(this.#server.cipher.masterSecret, this.#transcript(), 'client');
    if (!finishedMatches(expected, fragment)) throw new Error('the two sides saw different handshakes');
  }

  /** All handshake messages so far (RFC 5246 section 7.4.8); of the last flight only what the state machine has taken. */
  #transcript(): Buffer {
    const messages = this.#server.dtls.sortedHandshakeCache.filter(
      ({ msg_type }) => msg_type !== handshakeType.finished,
    );
    return Buffer.concat(messages.map((message) => message.serialize()));
  }

  #connected(): void {
    if (this.#state !== 'keyed') return;
    const certificate = this.#server.remoteCertificate;
    const profile = this.#server.srtp.srtpProfile;
    if (!certificate || !matchesFingerprint(certificate, this.#fingerprints)) {
      this.#fail(new Error('the certificate is not the one whose fingerprint the SDP names'));
    } else if (profile === undefined || !this.#secrets) {
      this.#fail(new Error('the client offers no SRTP profile (use_srtp)'));
    } else {
      this.#state = 'secure';
      const name =
        profile === ProtectionProfileAeadAes128Gcm ? 'aead-aes-128-gcm' : 'aes-128-cm-hmac-sha1-80';
      const keys = srtpKeysOf(this.#secrets, 'server', name);
      this.#secrets = undefined;
      this.#release = setTimeout(this.#forget, lastFlightMs).unref();
      this.#listener.secured(keys);
    }
  }
}
