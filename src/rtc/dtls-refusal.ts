/** Descriptions of fatal alerts that we send (RFC 5246 section 7.2.2, RFC 5764 section 4.1). */
export const alertOf = {
  unexpectedMessage: 10,
  handshakeFailure: 40,
  badCertificate: 42,
  illegalParameter: 47,
  decodeError: 50,
  decryptError: 51,
  protocolVersion: 70,
  unsupportedExtension: 110,
} as const;

/** Why we end a handshake, and the alert that tells the other side. */
export class DtlsRefusal extends Error {
  readonly alert: number;

  constructor(alert: keyof typeof alertOf, message: string) {
    super(message);
    this.name = 'DtlsRefusal';
    this.alert = alertOf[alert];
  }
}
