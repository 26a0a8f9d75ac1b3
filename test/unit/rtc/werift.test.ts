import { DtlsServer, MediaDescription, SessionDescription } from 'werift';
import { expect, test } from 'vitest';

import { makeCertificate } from '#src/rtc/certificate.ts';

/** What rtc/ relies on beyond the documented interface of the library. When one of these fails after an update, look there. */
test('the DTLS server has the parts that dtls-server.ts reaches into', async () => {
  const { certificate } = await makeCertificate();
  const transport = {
    type: 'udp',
    address: { address: '', family: '', port: 0 },
    closed: false,
    onData: (): void => undefined,
    send: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const before = transport.onData;
  const server = new DtlsServer({
    cert: certificate.certPem,
    key: certificate.privateKey,
    signatureHash: certificate.signatureHash,
    transport,
    srtpProfiles: [7, 1],
  });
  expect(transport.onData).not.toBe(before);
  expect(typeof server.onHandleHandshakes).toBe('function');
  expect(server.dtls.flight).toBe(0);
  expect(server.dtls.sortedHandshakeCache).toEqual([]);
  expect(server.cipher.sessionType).toBe(2);
  expect(server.srtp.srtpProfile).toBeUndefined();
  expect(server.remoteCertificate).toBeUndefined();
});

test('the SDP writer needs the corrections that answer.ts makes', () => {
  const media = new MediaDescription('video', 9, 'UDP/TLS/RTP/SAVPF', [96]);
  media.rtcpMux = true;
  expect(media.toString()).not.toContain('a=rtcp-mux');
  media.rtcpPort = 9;
  media.rtcpHost = '0.0.0.0';
  expect(media.toString()).toContain('a=rtcp:9 IN IP4 0.0.0.0\r\na=rtcp-mux\r\n');
  const session = new SessionDescription();
  session.iceLite = true;
  expect(session.string).not.toContain('ice-lite');
  expect(session.string).toContain('\r\nt=0 0\r\n');
});
