import type { GatewayCertificate } from './certificate.ts';
import { ClientHandshake } from './dtls-client-handshake.ts';
import { FlightSender, RecordWriter, type FlightPart } from './dtls-flight.ts';
import {
  contentType,
  HandshakeAssembler,
  handshakeType,
  readWholeMessage,
  splitRecords,
  type DtlsRecord,
  type HandshakeMessage,
} from './dtls-records.ts';
import { alertOf, DtlsRefusal } from './dtls-refusal.ts';
import type { DtlsListener, DtlsSession } from './dtls-session.ts';
import { dtlsFailed } from './failures.ts';
import type { Fingerprint } from './offer.ts';

const alertLevel = { warning: 1, fatal: 2 } as const;
const closeNotify = 0;

/** What is only needed until the two sides agree. */
interface Beginning {
  readonly handshake: ClientHandshake;
  readonly assembler: HandshakeAssembler;
  readonly flights: FlightSender;
}

/**
 * The client side of one DTLS 1.2 session (RFC 5764), for those who insist on being the server. It begins when it is told that
 * the other side is reachable, repeats what gets lost, and is over with the first thing that a server must not do.
 */
export class DtlsClientSession implements DtlsSession {
  readonly #listener: DtlsListener;
  readonly #writer = new RecordWriter();
  #beginning: Beginning | undefined;
  #state: 'waiting' | 'handshake' | 'secure' | 'over' = 'waiting';

  constructor(identity: GatewayCertificate, fingerprints: readonly Fingerprint[], listener: DtlsListener) {
    this.#listener = listener;
    this.#beginning = {
      handshake: new ClientHandshake(identity, fingerprints),
      assembler: new HandshakeAssembler(),
      flights: new FlightSender(this.#writer, (datagram) => listener.send(datagram)),
    };
  }

  /** Says hello, once. */
  begin(): void {
    if (this.#state !== 'waiting' || !this.#beginning) return;
    this.#state = 'handshake';
    this.#beginning.flights.start(this.#beginning.handshake.hello());
  }

  /** One datagram from the server's verified address. Junk is dropped. */
  receive(datagram: Uint8Array): void {
    for (const record of splitRecords(datagram)) {
      if (this.#state === 'waiting' || this.#state === 'over') return;
      if (record.epoch > 0) this.#receiveProtected(record);
      else if (this.#state === 'handshake') this.#receiveClear(record);
    }
  }

  /** Says goodbye when there is a session to end, and goes silent. */
  [Symbol.dispose](): void {
    if (this.#state === 'secure') this.#sendAlert(alertLevel.warning, closeNotify);
    this.#end();
  }

  #end(): void {
    this.#state = 'over';
    this.#forget();
  }

  #forget(): void {
    this.#beginning?.flights[Symbol.dispose]();
    this.#beginning = undefined;
  }

  #receiveClear({ type, fragment }: DtlsRecord): void {
    if (type === contentType.alert) this.#judgeAlert(fragment);
    if (type !== contentType.handshake || !this.#beginning) return;
    for (const message of this.#beginning.assembler.push(fragment))
      this.#attempt((beginning) => this.#hear(message, beginning));
  }

  #hear(message: HandshakeMessage, { handshake, flights }: Beginning): void {
    if (message.repeated) {
      // The last message of the flight that we answered: the answer got lost (RFC 6347 section 4.2.4).
      if (message.type === handshakeType.serverHelloDone) flights.repeat();
      return;
    }
    const answer = handshake.take(message);
    if (!answer) return;
    this.#writer.cipher = handshake.cipher;
    flights.start(answer);
  }

  #receiveProtected(record: DtlsRecord): void {
    const content = this.#open(record);
    if (!content) return;
    if (record.type === contentType.alert) this.#judgeAlert(content);
    else if (record.type === contentType.handshake)
      this.#attempt((beginning) => this.#finish(content, beginning));
  }

  #finish(content: Buffer, { handshake }: Beginning): void {
    const message = readWholeMessage(content);
    if (message?.type !== handshakeType.finished)
      throw new DtlsRefusal('unexpectedMessage', 'the server sent something else than Finished');
    const keys = handshake.finish(message.body);
    this.#state = 'secure';
    this.#forget();
    this.#listener.secured(keys);
  }

  /** Decrypts a record; undefined for a forged one, which is dropped in silence (RFC 6347 section 4.1.2.7). */
  #open({ type, version, epoch, sequence, fragment }: DtlsRecord): Buffer | undefined {
    try {
      return this.#writer.cipher?.open(fragment, { type, version, epoch, sequenceNumber: sequence });
    } catch {
      return undefined;
    }
  }

  /** One step of the handshake; after it there is none any more. What the server does wrong ends the session. */
  #attempt(step: (beginning: Beginning) => void): void {
    if (this.#state !== 'handshake' || !this.#beginning) return;
    try {
      step(this.#beginning);
    } catch (error) {
      // Whatever else fails is the cryptography's refusal of a key or certificate.
      const reason = error instanceof Error ? error : new Error(String(error));
      const alert = reason instanceof DtlsRefusal ? reason.alert : alertOf.illegalParameter;
      this.#sendAlert(alertLevel.fatal, alert);
      this.#fail(reason.message);
    }
  }

  #fail(message: string): void {
    this.#end();
    this.#listener.failed(dtlsFailed(message));
  }

  #judgeAlert(alert: Buffer): void {
    const [level, description] = alert;
    if (alert.length !== 2 || description === undefined) return;
    if (description === closeNotify && this.#state === 'secure') {
      this.#end();
      this.#listener.closed();
    } else if (description === closeNotify) {
      this.#fail('the server said goodbye before the handshake was done');
    } else if (level === alertLevel.fatal) {
      this.#fail(`the server sent fatal alert ${description} (RFC 5246 section 7.2.2)`);
    }
  }

  #sendAlert(level: number, description: number): void {
    const alert: FlightPart = {
      type: contentType.alert,
      content: Buffer.from([level, description]),
      isProtected: this.#writer.cipher !== undefined,
    };
    this.#listener.send(this.#writer.write(alert));
  }
}
