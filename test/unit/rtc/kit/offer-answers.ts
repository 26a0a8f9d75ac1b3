/** What a browser would answer to an offer of ours: everything received, DTLS begun by the client. */
export function answerTo(
  offer: string,
  { ufrag = 'view', fingerprint = Array(32).fill('CD').join(':') } = {},
): string {
  return offer
    .replace('a=ice-lite\r\n', '')
    .replaceAll('a=sendonly', 'a=recvonly')
    .replaceAll('a=setup:actpass', 'a=setup:active')
    .replaceAll(/a=ice-ufrag:.*\r\n/g, `a=ice-ufrag:${ufrag}\r\n`)
    .replaceAll(/a=ice-pwd:.*\r\n/g, `a=ice-pwd:${'v'.repeat(24)}\r\n`)
    .replaceAll(/a=fingerprint:.*\r\n/g, `a=fingerprint:sha-256 ${fingerprint}\r\n`)
    .replaceAll(/a=(?:candidate|end-of-candidates|ssrc|ssrc-group|msid)\b.*\r\n/g, '');
}
