import { createPrivateKey, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto';

import { CipherContext, SignatureAlgorithm, HashAlgorithm } from 'werift';

import type { SrtpKeys } from '#src/core/plane.ts';
import {
  agreedSecret,
  makeEphemeralKey,
  masterSecretOf,
  namedCurve,
  RecordCipher,
  srtpKeysOf,
  type RecordHeader,
  type SharedSecrets,
} from '#src/rtc/dtls-keys.ts';
import { writeCertificate } from '#src/rtc/dtls-messages.ts';
import { finishedData, fingerprintOf, provesPossession } from '#src/rtc/dtls-proof.ts';
import { MessageReader, writeUint16s, writeVector } from '#src/rtc/dtls-reader.ts';
import {
  HandshakeAssembler,
  hasCookie,
  readWholeMessage,
  splitRecords,
  wholeMessage,
  writeRecord,
} from '#src/rtc/dtls-records.ts';
import type { Fingerprint } from '#src/rtc/offer.ts';

/** Whom the server says it is, and how it signs. */
export interface ServerIdentity {
  readonly der: Uint8Array;
  readonly privateKey: KeyObject;
  readonly fingerprint: Fingerprint;
}

/** How this server differs from a plain one, which asks for a certificate and agrees to everything new. */
export interface Script {
  readonly cookie?: Buffer;
  readonly asks?: boolean;
  readonly extendedMasterSecret?: boolean;
  readonly profile?: number;
  readonly curve?: number;
  readonly suite?: number;
  readonly scheme?: number;
  /** Signs with another key than that of its certificate. */
  readonly signsWith?: KeyObject;
  /** The last chance to change a message, by type; both sides then speak of the changed one. */
  readonly change?: (type: number, body: Buffer) => Buffer;
  /** Of one handshake fragment; small ones tear messages apart. */
  readonly fragmentBytes?: number;
}

const [version, headerBytes] = [0xfefd, 12];

/** An RSA identity, as encoders had before elliptic curves were common. */
export async function makeRsaIdentity(): Promise<ServerIdentity> {
  const { certPem, keyPem } = await CipherContext.createSelfSignedCertificateWithKey({
    signature: SignatureAlgorithm.rsa_1,
    hash: HashAlgorithm.sha256_4,
  });
  const der = new X509Certificate(certPem).raw;
  const value = fingerprintOf(der, 'sha-256');
  return { der, privateKey: createPrivateKey(keyPem), fingerprint: { algorithm: 'sha-256', value } };
}

/** A DTLS server that does what it is told, right or wrong, and never repeats anything unless told to. */
export class ScriptedServer {
  readonly #identity: ServerIdentity;
  readonly #script: Script;
  readonly #send: (datagram: Buffer) => void;
  readonly #random = randomBytes(32);
  readonly #key;
  #assembler = new HandshakeAssembler();
  #transcript: Buffer[] = [];
  #clientRandom: Uint8Array = new Uint8Array(32);
  #certificate: Buffer | undefined;
  #cipher: RecordCipher | undefined;
  #secrets: SharedSecrets | undefined;
  #messageSequence = 0;
  readonly #recordSequences = [0, 0];
  #flight: (readonly [type: number, epoch: 0 | 1, content: Buffer])[] = [];
  readonly hellos: Buffer[] = [];
  /** What the client said in the clear and under keys, by type, once each. */
  readonly heard: number[] = [];
  readonly alerts: (readonly [level: number | undefined, description: number | undefined])[] = [];
  provedPossession: boolean | undefined;
  finishedMatched: boolean | undefined;
  keys: SrtpKeys | undefined;

  constructor(identity: ServerIdentity, script: Script, send: (datagram: Buffer) => void) {
    this.#identity = identity;
    this.#script = script;
    this.#send = send;
    this.#key = makeEphemeralKey(script.curve === namedCurve.secp256r1 ? 23 : 29);
  }

  receive(datagram: Uint8Array): void {
    for (const record of splitRecords(datagram)) {
      const { type, epoch, sequence, fragment } = record;
      const header = { type, version: record.version, epoch, sequenceNumber: sequence };
      const content = epoch === 0 ? fragment : this.#open(fragment, header);
      if (content === undefined) continue;
      if (type === 21) this.alerts.push([content[0], content[1]]);
      if (type !== 22) continue;
      if (epoch === 1) this.#finish(content);
      else for (const message of this.#assembler.push(content)) if (!message.repeated) this.#hear(message);
    }
  }

  /** Where the two sides heard different things they have different keys, and understand each other no more. */
  #open(fragment: Buffer, header: RecordHeader): Buffer | undefined {
    try {
      return this.#cipher?.open(fragment, header);
    } catch {
      return undefined;
    }
  }

  /** The last flight once more, in records of their own. */
  repeat(): void {
    for (const [type, epoch, content] of this.#flight) this.#record(type, epoch, content);
  }

  alert(level: number, description: number): void {
    this.#record(21, this.#cipher ? 1 : 0, Buffer.from([level, description]));
  }

  /** Any content under the server's keys. */
  protectedRecord(type: number, content: Buffer): void {
    this.#record(type, 1, content);
  }

  #hear(message: { readonly type: number; readonly messageSequence: number; readonly body: Buffer }): void {
    this.heard.push(message.type);
    this.#transcript.push(wholeMessage(message));
    if (message.type === 1) this.#hello(message.body);
    else if (message.type === 11) this.#certificate = firstCertificate(message.body);
    else if (message.type === 16) this.#agree(message.body);
    else if (message.type === 15)
      this.provedPossession = provesPossession(
        this.#certificate ?? Buffer.alloc(0),
        Buffer.concat(this.#transcript.slice(0, -1)),
        message.body,
      );
  }

  #hello(body: Buffer): void {
    this.hellos.push(body);
    this.#flight = [];
    const { cookie } = this.#script;
    if (cookie && !hasCookie(body)) {
      this.#say(3, Buffer.concat([writeUint16s(0xfeff), writeVector(1, cookie)]));
      this.#transcript = [];
    } else {
      this.#clientRandom = new Uint8Array(body.subarray(2, 34));
      this.#half();
    }
    this.repeat();
  }

  #half(): void {
    const [identity, script] = [this.#identity, this.#script];
    const rsa = identity.privateKey.asymmetricKeyType === 'rsa';
    const extension = (type: number, data: Uint8Array = new Uint8Array()): Buffer =>
      Buffer.concat([writeUint16s(type), writeVector(2, data)]);
    const profile = Buffer.concat([writeVector(2, writeUint16s(script.profile ?? 7)), writeVector(1)]);
    const extensions = [
      extension(14, profile),
      extension(0xff01, writeVector(1)),
      ...(script.extendedMasterSecret === false ? [] : [extension(23)]),
    ];
    const suite = script.suite ?? (rsa ? 0xc02f : 0xc02b);
    const head = [writeUint16s(version), this.#random, writeVector(1), writeUint16s(suite), Buffer.from([0])];
    this.#say(2, Buffer.concat([...head, writeVector(2, ...extensions)]));
    this.#say(11, writeCertificate(identity.der));
    const curve = writeUint16s(script.curve ?? namedCurve.x25519);
    const parameters = Buffer.concat([Buffer.from([3]), curve, writeVector(1, this.#key.publicKey)]);
    const signed = Buffer.concat([this.#clientRandom, this.#random, parameters]);
    const signature = sign('sha256', signed, script.signsWith ?? identity.privateKey);
    const scheme = writeUint16s(script.scheme ?? (rsa ? 0x0401 : 0x0403));
    this.#say(12, Buffer.concat([parameters, scheme, writeVector(2, signature)]));
    const request = [writeVector(1, Buffer.from([1, 64])), writeVector(2, writeUint16s(0x0401, 0x0403))];
    if (script.asks !== false) this.#say(13, Buffer.concat([...request, writeVector(2)]));
    this.#say(14, Buffer.alloc(0));
  }

  #agree(body: Buffer): void {
    const randoms = { clientRandom: this.#clientRandom, serverRandom: this.#random };
    const curve = this.#script.curve ?? namedCurve.x25519;
    const preMasterSecret = agreedSecret(curve, this.#key.privateKey, body.subarray(1));
    const bound = this.#script.extendedMasterSecret !== false;
    const transcript = bound ? Buffer.concat(this.#transcript) : undefined;
    const masterSecret = masterSecretOf({ ...randoms, preMasterSecret, transcript });
    this.#secrets = { ...randoms, masterSecret };
    this.#cipher = new RecordCipher(this.#secrets, 'server');
  }

  #finish(content: Buffer): void {
    const message = readWholeMessage(content);
    if (message?.type !== 20 || !this.#secrets || this.keys) return;
    this.heard.push(20);
    const said = Buffer.concat(this.#transcript);
    const { masterSecret } = this.#secrets;
    this.finishedMatched = finishedData(masterSecret, said, 'client').equals(message.body);
    this.#transcript.push(wholeMessage(message));
    this.#flight = [[20, 0, Buffer.from([1])]];
    const profile = this.#script.profile === 1 ? 'aes-128-cm-hmac-sha1-80' : 'aead-aes-128-gcm';
    this.keys = srtpKeysOf(this.#secrets, 'server', profile);
    this.#say(20, finishedData(masterSecret, Buffer.concat(this.#transcript), 'server'), 1);
    this.repeat();
  }

  #say(type: number, body: Buffer, epoch: 0 | 1 = 0): void {
    const changed = this.#script.change?.(type, body) ?? body;
    const content = wholeMessage({ type, messageSequence: this.#messageSequence++, body: changed });
    this.#transcript.push(content);
    this.#flight.push(...torn(content, this.#script.fragmentBytes).map((part) => [22, epoch, part] as const));
  }

  #record(type: number, epoch: 0 | 1, content: Buffer): void {
    const sequence = this.#recordSequences[epoch]!++;
    const head = { type, version, epoch };
    const sealed = (): Buffer => {
      if (!this.#cipher) throw new Error('the server has no keys yet');
      return this.#cipher.seal(content, { ...head, sequenceNumber: sequence });
    };
    this.#send(writeRecord({ ...head, sequence, fragment: epoch === 1 ? sealed() : content }));
  }
}

function firstCertificate(body: Buffer): Buffer {
  return new MessageReader(new MessageReader(body).vector(3)).vector(3);
}

/** A whole message in fragments of at most so many bytes (RFC 6347 section 4.2.3). */
function torn(message: Buffer, bytes = 16_384): readonly Buffer[] {
  const body = message.subarray(headerBytes);
  const count = Math.max(1, Math.ceil(body.length / bytes));
  return Array.from({ length: count }, (_, index) => {
    const part = body.subarray(index * bytes, (index + 1) * bytes);
    const head = Buffer.from(message.subarray(0, headerBytes));
    head.writeUIntBE(index * bytes, 6, 3);
    head.writeUIntBE(part.length, 9, 3);
    return Buffer.concat([head, part]);
  });
}
