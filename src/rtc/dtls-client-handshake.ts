import { randomBytes, sign, X509Certificate } from 'node:crypto';

import type { SrtpKeys } from '#src/core/plane.ts';
import type { GatewayCertificate } from './certificate.ts';
import type { FlightPart } from './dtls-flight.ts';
import { readHelloVerifyRequest, readServerHello, writeClientHello, type ServerHello } from './dtls-hello.ts';
import {
  agreedSecret,
  makeEphemeralKey,
  masterSecretOf,
  RecordCipher,
  srtpKeysOf,
  type SharedSecrets,
} from './dtls-keys.ts';
import {
  readCertificate,
  readCertificateRequest,
  readServerKeyExchange,
  writeCertificate,
  writeCertificateVerify,
  writeClientKeyExchange,
  type ServerKeyExchange,
} from './dtls-messages.ts';
import {
  ecdsaSha256,
  finishedData,
  finishedMatches,
  isSignedBy,
  matchesFingerprint,
  signatureSchemes,
} from './dtls-proof.ts';
import { contentType, handshakeType, wholeMessage, type HandshakeMessage } from './dtls-records.ts';
import { DtlsRefusal } from './dtls-refusal.ts';
import type { Fingerprint } from './offer.ts';

/** Our side of the next step; the server's messages are complete. */
type Flight = readonly FlightPart[];
/** Which messages may come now, by type. Nothing else may. */
type Expected = ReadonlyMap<number, (body: Buffer) => Flight | undefined>;

const changeCipherSpec: FlightPart = {
  type: contentType.changeCipherSpec,
  content: Buffer.from([1]),
  isProtected: false,
};

/** What is known once the server has finished its half. */
interface Agreed {
  readonly hello: ServerHello;
  readonly secrets: SharedSecrets;
  readonly cipher: RecordCipher;
  readonly expectedFinished: Buffer;
}

/**
 * The client's half of a full DTLS 1.2 handshake (RFC 6347 section 4.2.4) with a server whose certificate the SDP names: whole
 * messages in their order go in, flights come out. It knows neither records nor time. Whatever the server does wrong throws.
 */
export class ClientHandshake {
  readonly #identity: GatewayCertificate;
  readonly #fingerprints: readonly Fingerprint[];
  readonly #random = randomBytes(32);
  /** Every message of either side so far, but for those of the cookie exchange (RFC 6347 section 4.2.1). */
  #transcript: Buffer[] = [];
  #nextSequence = 0;
  #expected: Expected = new Map();
  #agreed: Agreed | undefined;

  constructor(identity: GatewayCertificate, fingerprints: readonly Fingerprint[]) {
    this.#identity = identity;
    this.#fingerprints = fingerprints;
  }

  /** Protects records once the server's half is complete. */
  get cipher(): RecordCipher | undefined {
    return this.#agreed?.cipher;
  }

  /** The first flight. */
  hello(): Flight {
    this.#expected = new Map<number, (body: Buffer) => Flight | undefined>([
      [handshakeType.helloVerifyRequest, (body) => this.#takeCookie(body)],
      [handshakeType.serverHello, (body) => this.#takeHello(body)],
    ]);
    return [this.#say(handshakeType.clientHello, writeClientHello(this.#random, Buffer.alloc(0)))];
  }

  /** One message that came in the clear; gives the flight that answers it. Throws when it is wrong or comes out of turn. */
  take(message: HandshakeMessage): Flight | undefined {
    // To be ignored while a handshake is going on, and no part of it (RFC 5246 section 7.4.1.1).
    if (message.type === handshakeType.helloRequest) return undefined;
    const handle = this.#expected.get(message.type);
    if (!handle)
      throw new DtlsRefusal('unexpectedMessage', `message ${message.type} of the server came out of turn`);
    this.#expected = new Map();
    this.#transcript.push(wholeMessage(message));
    return handle(message.body);
  }

  /** The server's Finished, which came protected: proof that nobody changed what was said in the clear. Gives the keys of media. */
  finish(verifyData: Uint8Array): SrtpKeys {
    if (!this.#agreed) throw new DtlsRefusal('unexpectedMessage', 'Finished came out of turn');
    const { hello, secrets, expectedFinished } = this.#agreed;
    if (!finishedMatches(expectedFinished, verifyData))
      throw new DtlsRefusal('decryptError', 'the two sides saw different handshakes');
    return srtpKeysOf(secrets, 'client', hello.profile);
  }

  /** Said once more with the cookie; the exchange before leaves no trace. */
  #takeCookie(body: Buffer): Flight {
    const cookie = readHelloVerifyRequest(body);
    this.#transcript = [];
    this.#expected = new Map([[handshakeType.serverHello, (next) => this.#takeHello(next)]]);
    return [this.#say(handshakeType.clientHello, writeClientHello(this.#random, cookie))];
  }

  #takeHello(body: Buffer): undefined {
    const hello = readServerHello(body);
    this.#expected = new Map([[handshakeType.certificate, (next) => this.#takeCertificate(next, hello)]]);
  }

  #takeCertificate(body: Buffer, hello: ServerHello): undefined {
    const certificate = readCertificate(body);
    if (!matchesFingerprint(certificate, this.#fingerprints))
      throw new DtlsRefusal(
        'badCertificate',
        'the certificate is not the one whose fingerprint the SDP names',
      );
    if (new X509Certificate(certificate).publicKey.asymmetricKeyType !== hello.keyType)
      throw new DtlsRefusal('badCertificate', 'the key of the certificate does not suit the cipher suite');
    const next = (message: Buffer): undefined => this.#takeKeyExchange(message, hello, certificate);
    this.#expected = new Map([[handshakeType.serverKeyExchange, next]]);
  }

  #takeKeyExchange(body: Buffer, hello: ServerHello, certificate: Buffer): undefined {
    const exchange = readServerKeyExchange(body);
    const signed = Buffer.concat([this.#random, hello.random, exchange.parameters]);
    const { signature } = exchange;
    if (!signatureSchemes.includes(signature.scheme))
      throw new DtlsRefusal('illegalParameter', `signature scheme ${signature.scheme} was never offered`);
    if (!isSignedBy(certificate, signed, signature))
      throw new DtlsRefusal('decryptError', 'the server does not hold the key of its certificate');
    const done = (isAsked: boolean) => (last: Buffer) => this.#takeDone(last, { hello, exchange, isAsked });
    const asked = (request: Buffer): undefined => {
      readCertificateRequest(request);
      this.#expected = new Map([[handshakeType.serverHelloDone, done(true)]]);
    };
    this.#expected = new Map<number, (next: Buffer) => Flight | undefined>([
      [handshakeType.certificateRequest, asked],
      [handshakeType.serverHelloDone, done(false)],
    ]);
  }

  /** The server's half is complete: ours, and the keys (RFC 5246 section 7.4.7, RFC 7627 section 4). */
  #takeDone(body: Buffer, half: ServerHalf): Flight {
    if (body.length > 0) throw new DtlsRefusal('decodeError', 'ServerHelloDone is not empty');
    const { hello, exchange, isAsked } = half;
    const { der, privateKey } = this.#identity;
    const key = makeEphemeralKey(exchange.curve);
    const flight: FlightPart[] = [];
    if (isAsked) flight.push(this.#say(handshakeType.certificate, writeCertificate(der)));
    flight.push(this.#say(handshakeType.clientKeyExchange, writeClientKeyExchange(key.publicKey)));
    const randoms = { clientRandom: this.#random, serverRandom: hello.random };
    const masterSecret = masterSecretOf({
      ...randoms,
      preMasterSecret: agreedSecret(exchange.curve, key.privateKey, exchange.publicKey),
      transcript: hello.extendedMasterSecret ? this.#said() : undefined,
    });
    if (isAsked) {
      const bytes = sign('sha256', this.#said(), privateKey);
      const proof = writeCertificateVerify({ scheme: ecdsaSha256, bytes });
      flight.push(this.#say(handshakeType.certificateVerify, proof));
    }
    const finished = finishedData(masterSecret, this.#said(), 'client');
    flight.push(changeCipherSpec, {
      ...this.#say(handshakeType.finished, finished),
      isProtected: true,
    });
    const secrets = { ...randoms, masterSecret };
    const expectedFinished = finishedData(masterSecret, this.#said(), 'server');
    this.#agreed = { hello, secrets, cipher: new RecordCipher(secrets, 'client'), expectedFinished };
    return flight;
  }

  #said(): Buffer {
    return Buffer.concat(this.#transcript);
  }

  #say(type: number, body: Buffer): FlightPart {
    const content = wholeMessage({ type, messageSequence: this.#nextSequence++, body });
    this.#transcript.push(content);
    return { type: contentType.handshake, content, isProtected: false };
  }
}

/** What the server said before ServerHelloDone. */
interface ServerHalf {
  readonly hello: ServerHello;
  readonly exchange: ServerKeyExchange;
  /** Whether it wants to see our certificate. */
  readonly isAsked: boolean;
}
